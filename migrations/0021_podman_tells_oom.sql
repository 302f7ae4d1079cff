-- Podman 6 says with the end of a run that the kernel had killed a process of it for memory.
ALTER TABLE engine_event ADD COLUMN oom_killed boolean;

COMMENT ON COLUMN engine_event.oom_killed IS 'For die: true when the engine said so in the same event (Podman 6 and newer); null for all others';
