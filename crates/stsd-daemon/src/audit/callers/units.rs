//! The systemd unit behind a control group: by its path, or by its id, which is the inode of its folder.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Units by the ids of their control groups. Only the user's own slice is searched.
#[derive(Debug)]
pub(super) struct Units {
    root: PathBuf,
    known: HashMap<u64, String>,
    /// Not found in a whole search, and so not looked for again.
    unknown: HashMap<u64, Instant>,
}

impl Units {
    pub(super) fn new(uid: u32) -> Self {
        let root = format!("/sys/fs/cgroup/user.slice/user-{uid}.slice");
        Self { root: root.into(), known: HashMap::new(), unknown: HashMap::new() }
    }

    /// The unit of the control group with this id.
    pub(super) fn of_id(&mut self, id: u64) -> Option<String> {
        if let Some(unit) = self.known.get(&id) {
            return Some(unit.clone());
        }
        if self.unknown.get(&id).is_some_and(|at| at.elapsed() < AGAIN) {
            return None;
        }
        self.search(id);
        if self.known.len() > MOST {
            self.known.retain(|known, _| *known == id);
        }
        if self.unknown.len() > MOST {
            self.unknown.clear();
        }
        let found = self.known.get(&id).cloned();
        if found.is_none() {
            self.unknown.insert(id, Instant::now());
        }
        found
    }

    fn search(&mut self, id: u64) {
        let end = Instant::now() + PATIENCE;
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop().filter(|_| Instant::now() < end) {
            if fs::metadata(&folder).is_ok_and(|metadata| metadata.ino() == id) {
                if let Some(unit) = of_path(&folder) {
                    self.known.insert(id, unit);
                }
                return;
            }
            let inside = fs::read_dir(&folder).into_iter().flatten().flatten();
            let is_folder =
                |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
            folders.extend(inside.filter(is_folder).map(|entry| entry.path()));
        }
    }
}

/// The innermost unit of a path: a unit may have control groups of its own below.
pub(super) fn of_path(path: &Path) -> Option<String> {
    let mut names = path.iter().rev().filter_map(|name| name.to_str());
    let unit = |name: &&str| [".service", ".scope"].iter().any(|kind| name.ends_with(kind));
    names.find(unit).map(str::to_owned)
}

const PATIENCE: Duration = Duration::from_millis(5);
const AGAIN: Duration = Duration::from_secs(60);
const MOST: usize = 256;

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use super::{Units, of_path};

    #[test]
    fn the_innermost_unit_counts() {
        let manager = "/user.slice/user-1001.slice/user@1001.service";
        for (path, unit) in [
            (format!("{manager}/app.slice/app-code-12.scope"), Some("app-code-12.scope")),
            (format!("{manager}/app.slice/ci.service/inner/deep"), Some("ci.service")),
            (format!("{manager}/app.slice"), Some("user@1001.service")),
            ("/user.slice".to_owned(), None),
            ("/".to_owned(), None),
        ] {
            assert_eq!(of_path(Path::new(&path)).as_deref(), unit);
        }
    }

    #[test]
    fn an_id_is_found_below_the_root_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let scope = root.path().join("slice/app-x.scope");
        fs::create_dir_all(&scope).unwrap();
        let (known, unknown) = (HashMap::new(), HashMap::new());
        let mut units = Units { root: root.path().into(), known, unknown };
        let id = fs::metadata(&scope).unwrap().ino();
        assert_eq!(units.of_id(id).as_deref(), Some("app-x.scope"));
        assert_eq!(units.of_id(fs::metadata("/").unwrap().ino()), None);
        fs::remove_dir_all(&scope).unwrap();
        assert_eq!(units.of_id(id).as_deref(), Some("app-x.scope"), "remembered");
    }
}
