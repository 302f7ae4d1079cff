//! The name of whoever uses this browser, which forms ask for and a cookie remembers, so that it is typed once. It is what somebody says of
//! themselves, for others to read: it allows nothing.

/// The cookie's name.
const COOKIE: &str = "name";
/// Characters of a name at most.
pub const MOST: usize = 100;

/// What a `Cookie` header says; empty when it says nothing that could be a name.
pub fn from_cookies(header: &str) -> String {
    let value = header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value));
    // Written as the only field of a form, which is text in a cookie's letters.
    let name = value.and_then(|value| {
        let mut fields = form_urlencoded::parse(value.as_bytes());
        fields.next().map(|(name, _)| name.into_owned())
    });
    name.filter(|name| is_name(name)).unwrap_or_default()
}

/// The cookie that remembers a name for a year, or forgets it when it is empty; `None` for what is no name.
pub fn to_cookie(name: &str) -> Option<String> {
    let name = name.trim();
    if name.is_empty() {
        return Some(format!(
            "{COOKIE}=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly"
        ));
    }
    let value: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    is_name(name)
        .then(|| format!("{COOKIE}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"))
}

fn is_name(text: &str) -> bool {
    text.chars().count() <= MOST && !text.chars().any(char::is_control)
}

/// That of the request that is being answered.
pub fn of_request() -> String {
    use axum::http::{header::COOKIE, request::Parts};
    leptos::prelude::use_context::<Parts>()
        .and_then(|parts| {
            let header = parts.headers.get(COOKIE)?.to_str().ok()?;
            Some(from_cookies(header))
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_whatever_is_in_it() {
        for name in ["ana", "Ana Maria", "Žofie; DROP=1", "a=b&c", "名前"] {
            let cookie = to_cookie(name).expect("is one");
            let pair = cookie.split(';').next().unwrap_or_default();
            assert!(pair.is_ascii(), "{pair}");
            assert_eq!(from_cookies(&format!("theme=dark; {pair}; a=b")), name);
        }
    }

    #[test]
    fn what_is_no_name_is_not_remembered() {
        assert_eq!(to_cookie(&"x".repeat(101)), None);
        assert_eq!(to_cookie("a\nb"), None);
        assert_eq!(from_cookies("name=a%0Ab"), "");
        assert_eq!(from_cookies("myname=ana; name"), "");
        assert!(to_cookie(" ").is_some_and(|cookie| cookie.contains("Max-Age=0")));
    }
}
