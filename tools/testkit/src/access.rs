//! Who may use which route: what the committed table says, held against what was found by trying.

/// Fits where an id stands, and is nobody's.
pub const NOBODY: &str = "018f3f7e-0000-7000-8000-000000000001";

/// A line of a committed table of routes (`routes.md`).
#[derive(Debug, Clone)]
pub struct Route {
    /// HTTP method.
    pub method: String,
    /// Path under the prefix, with `{parameters}`.
    pub path: String,
    /// `everybody`, `signed in…`, or a permission.
    pub access: String,
    /// Profiles that have the permission.
    pub profiles: Vec<String>,
}

impl Route {
    /// Whether the table lets this profile in; `None` is somebody without a session.
    pub fn lets_in(&self, profile: Option<&str>) -> bool {
        match (self.access.as_str(), profile) {
            ("everybody", _) => true,
            (_, None) => false,
            ("signed in" | "signed in, own password", Some(_)) => true,
            (_, Some(profile)) => self.profiles.iter().any(|one| one == profile),
        }
    }

    /// Its path with ids that are nobody's.
    pub fn concrete(&self) -> String {
        let part = |part: &str| match part {
            "{series}" | "{channel}" => "999999".to_owned(),
            part if part.starts_with('{') => NOBODY.to_owned(),
            part => part.to_owned(),
        };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// The same with the answer for this profile turned round.
    fn turned(&self, profile: Option<&str>) -> Self {
        let mut route = self.clone();
        match (self.access.as_str(), profile) {
            ("everybody", _) => "accounts:change".clone_into(&mut route.access),
            (_, None) => "everybody".clone_into(&mut route.access),
            ("signed in" | "signed in, own password", Some(_)) => {
                "nothing:view".clone_into(&mut route.access);
                route.profiles.clear();
            }
            (_, Some(profile)) if self.lets_in(Some(profile)) => route.profiles.retain(|one| one != profile),
            (_, Some(profile)) => route.profiles.push(profile.to_owned()),
        }
        route
    }
}

/// The lines of a table of routes.
pub fn routes(markdown: &str) -> Vec<Route> {
    let row = |line: &str| {
        let mut cells = line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
        let mut cell = || cells.next().unwrap_or_default();
        let (method, path, access, profiles) = (cell(), cell(), cell(), cell());
        Route { method, path, access, profiles: profiles.split(", ").map(str::to_owned).collect() }
    };
    markdown.lines().filter(|line| line.starts_with("| ") && line.contains("`/")).map(row).collect()
}

/// One try of one route by one profile.
#[derive(Debug)]
pub struct Pair {
    /// Place of the route in the table.
    pub route: usize,
    /// Who tried; `None` is somebody without a session.
    pub profile: Option<String>,
    /// Whether the guard let it through to the route.
    pub let_in: bool,
}

/// Whether an answer is the guard's refusal, and not the route's own of what was sent.
pub fn is_refused(status: u16, code: &str) -> bool {
    const GUARD: [&str; 4] = ["not_allowed", "password_overdue", "password_change_required", "second_factor_setup_required"];
    (status == 401 && ["not_signed_in", ""].contains(&code)) || (status == 403 && GUARD.contains(&code))
}

/// Where what was found differs from what the table says.
pub fn differences(table: &[Route], found: &[Pair]) -> Vec<String> {
    let differs = |pair: &&Pair| {
        let expected = table.get(pair.route).map(|route| route.lets_in(pair.profile.as_deref()));
        expected != Some(pair.let_in)
    };
    let told = |pair: &Pair| {
        let route = table.get(pair.route).map(|route| format!("{} {}", route.method, route.path)).unwrap_or_default();
        format!("{route} as {:?}: let in: {}", pair.profile, pair.let_in)
    };
    found.iter().filter(differs).map(told).collect()
}

/// The judge judged: changes the table in one place after the other, and gives how many changes there were and how many of them
/// [`differences`] does not see.
pub fn unseen_changes(table: &[Route], found: &[Pair]) -> (usize, usize) {
    let is_unseen = |pair: &&Pair| {
        let mut changed = table.to_vec();
        if let Some(route) = changed.get_mut(pair.route) {
            *route = route.turned(pair.profile.as_deref());
        }
        differences(&changed, found).is_empty()
    };
    (found.len(), found.iter().filter(is_unseen).count())
}
