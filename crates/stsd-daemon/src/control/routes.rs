//! The route table: method, path, permission and action of everything the control API can do. A
//! route cannot forget its permission, because it is a column.

use hyper::Method;
use stsd_protocol::control::{
    CHALLENGE, CREATE_TOKEN, CREDENTIALS, ENVIRONMENT, EXEC_TOKEN, LOCK, PROBLEMS, REFRESH,
    REVOKE_TOKENS, STATUS, TOKENS, UNLOCK, WHOAMI,
};
use stsd_protocol::{Refusal, RefusalCode};

/// What a caller may do; each includes the ones before it. The owner's control socket grants all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// See what there is, without a secret.
    Look,
    /// Be handed credentials, or have them used.
    Use,
    /// Start and end sessions, make and end authorization tokens.
    Change,
}

#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) permission: Permission,
    pub(super) action: Action,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Status,
    Problems,
    Challenge,
    Unlock,
    Lock,
    Refresh,
    Credentials,
    Whoami,
    Environment,
    Tokens,
    CreateToken,
    RevokeTokens,
    ExecToken,
}

static ROUTES: [Route; 13] = [
    route(Method::GET, STATUS, Permission::Look, Action::Status),
    route(Method::GET, PROBLEMS, Permission::Look, Action::Problems),
    route(Method::POST, ENVIRONMENT, Permission::Look, Action::Environment),
    route(Method::POST, CHALLENGE, Permission::Look, Action::Challenge),
    route(Method::GET, TOKENS, Permission::Look, Action::Tokens),
    route(Method::POST, CREDENTIALS, Permission::Use, Action::Credentials),
    route(Method::POST, WHOAMI, Permission::Use, Action::Whoami),
    route(Method::POST, REFRESH, Permission::Use, Action::Refresh),
    route(Method::POST, UNLOCK, Permission::Change, Action::Unlock),
    route(Method::POST, LOCK, Permission::Change, Action::Lock),
    route(Method::POST, CREATE_TOKEN, Permission::Change, Action::CreateToken),
    route(Method::POST, REVOKE_TOKENS, Permission::Change, Action::RevokeTokens),
    route(Method::POST, EXEC_TOKEN, Permission::Change, Action::ExecToken),
];

const fn route(
    method: Method,
    path: &'static str,
    permission: Permission,
    action: Action,
) -> Route {
    Route { method, path, permission, action }
}

pub(super) fn find(method: &Method, path: &str) -> Result<&'static Route, Refusal> {
    let route = at(path).ok_or_else(|| {
        Refusal::new(RefusalCode::NotFound, "the control socket has no such path")
            .with_hint("see `stsd --help`")
    })?;
    if route.method == method {
        return Ok(route);
    }
    Err(Refusal::new(RefusalCode::MethodNotAllowed, format!("{path} takes another method"))
        .with_hint(format!("use {}", route.method)))
}

/// The method of a path, for the `Allow` header.
pub(super) fn allowed(path: &str) -> Option<&'static Method> {
    at(path).map(|route| &route.method)
}

fn at(path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.path == path)
}
