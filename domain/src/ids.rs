//! Identifiers. Outside the server they are opaque strings, so that their form can change without breaking a client.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, example = "42"))]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

id!(
    /// A configured engine or API that is polled.
    SourceId
);
id!(
    /// What keeps its identity over restarts and recreation.
    WorkloadId
);
id!(
    /// Our short number for one engine object. The engine's own id is a [`EngineId`].
    ContainerKey
);
id!(
    /// One process life of a container.
    RunId
);
id!(
    /// One entry of the restart ledger.
    RestartId
);
id!(
    /// Consecutive restarts for the same reason.
    IncidentId
);

id!(
    /// An alert rule.
    RuleId
);
id!(
    /// One alert: a rule that found something, for as long as it lasts.
    AlertId
);
id!(
    /// A channel through which people are told.
    ChannelId
);
id!(
    /// A notice on its way to a channel.
    DeliveryId
);
id!(
    /// A silence.
    SilenceId
);

/// The id the engine gave a container (64 hexadecimal digits for Docker); it changes when the container is recreated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
pub struct EngineId(pub String);

impl EngineId {
    /// The twelve characters people recognise from `docker ps`.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Display for EngineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for EngineId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}
