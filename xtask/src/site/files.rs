//! A tree of files in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Content by path relative to the tree's root, `/` between the parts.
#[derive(Default, Hash)]
pub(super) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Everything under `dir`; empty when there is no such directory.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let mut files = Self::default();
        if dir.is_dir() {
            files.read_dir(dir, "")?;
        }
        Ok(files)
    }

    fn read_dir(&mut self, dir: &Path, prefix: &str) -> Result<()> {
        for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let entry = entry?;
            let name = entry
                .file_name()
                .into_string()
                .map_err(|name| anyhow::anyhow!("{} is not UTF-8", name.display()))?;
            if entry.file_type()?.is_dir() {
                self.read_dir(&entry.path(), &format!("{prefix}{name}/"))?;
            } else if !name.starts_with('.') {
                self.0
                    .insert(format!("{prefix}{name}"), fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    pub(super) fn add(&mut self, path: String, content: Vec<u8>) {
        self.0.insert(path, content);
    }

    pub(super) fn add_all(&mut self, under: &str, other: Self) {
        self.0.extend(
            other
                .0
                .into_iter()
                .map(|(path, content)| (format!("{under}/{path}"), content)),
        );
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) {
        if let Some(content) = self.0.remove(from) {
            self.0.insert(to.to_owned(), content);
        }
    }

    /// Makes `root` hold exactly these files. Each file is replaced in one step, so that a running server never sends half
    /// of one, and left alone when it already has this content.
    pub(super) fn write_to(&self, root: &Path) -> Result<()> {
        let present = Self::read(root)?;
        for path in present.0.keys().filter(|path| !self.0.contains_key(*path)) {
            fs::remove_file(root.join(path))?;
        }
        for (path, content) in self
            .0
            .iter()
            .filter(|(path, content)| present.0.get(*path) != Some(content))
        {
            let file = root.join(path);
            let dir = file.parent().context("a file has a directory")?;
            fs::create_dir_all(dir)?;
            let unfinished = dir.join(".unfinished");
            fs::write(&unfinished, content)?;
            fs::rename(&unfinished, &file)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }
}
