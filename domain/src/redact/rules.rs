//! The table of rules.

/// What one rule takes out.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stands in place of what was taken: `[redacted: NAME]`.
    pub name: &'static str,
    /// What it looks for; the group `secret` is taken out, the rest of the match stays.
    pub pattern: &'static str,
    /// A line as it is written in the wild. None of these is a secret of anyone.
    pub example: &'static str,
}

const fn rule(name: &'static str, pattern: &'static str, example: &'static str) -> Rule {
    Rule {
        name,
        pattern,
        example,
    }
}

/// Names whose value is a secret, also as the last part of a longer name: `DB_PASSWORD`, `spring.datasource.password`, `clientSecret`.
/// Those that may end other words need something else before them.
macro_rules! secret_name {
    () => {
        r"(?:(?:password|passwd|passphrase|secret(?:[_.-]?(?:key(?:[_.-]?base)?|token|value))?|token|(?:api|app|access|account|auth|encryption|master|private|service|shared|signing|storage|sas|license|consumer|webhook)[_.-]?key|credentials?)|(?:^|[^A-Za-z0-9])(?:pass|passcode|pwd|session[_.-]?id|sessid|jsessionid|phpsessid|connect\.sid|sid|otp|pin[_.-]?code|salt|hmac|signature|sig))"
    };
}

/// Every rule, in the order in which they are tried: the more is known of a shape, the earlier it comes.
pub const RULES: [Rule; 44] = [
    rule(
        "private key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?P<secret>.+?)(?:-----END |$)",
        r"key: -----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx\n-----END RSA PRIVATE KEY-----",
    ),
    rule(
        "jwt",
        r"\b(?P<secret>eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.?[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+){0,2})",
        "auth eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    ),
    rule(
        "github token",
        r"\b(?P<secret>(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}))",
        "remote: ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    ),
    rule(
        "gitlab token",
        r"\b(?P<secret>gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt)-[A-Za-z0-9_.-]{16,})",
        "clone with glpat-Zx9_aaaaBBBBcccc1234",
    ),
    rule(
        "slack token",
        r"\b(?P<secret>xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,})",
        "posting with xoxb-123456789012-abcdefABCDEF",
    ),
    rule(
        "slack webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/_-]{10,})",
        "POST https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    ),
    rule(
        "discord webhook",
        r"discord(?:app)?\.com/api/webhooks/(?P<secret>\d+/[A-Za-z0-9_-]{20,})",
        "POST https://discord.com/api/webhooks/1234567890/abcdefghijklmnopqrstuvwxyz0123456789",
    ),
    rule(
        "telegram token",
        r"\b(?:bot)?(?P<secret>\d{8,10}:[A-Za-z0-9_-]{35})\b",
        "GET https://api.telegram.org/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw7/getMe",
    ),
    rule(
        "aws key id",
        r"\b(?P<secret>(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z2-7]{16})\b",
        "using AKIAIOSFODNN7EXAMPLE in eu-west-1",
    ),
    rule(
        "google api key",
        r"\b(?P<secret>AIza[0-9A-Za-z_-]{35})",
        "maps?key=AIzaSyA1234567890abcdefghijklmnopqrstuv",
    ),
    rule(
        "google oauth token",
        r"\b(?P<secret>ya29\.[0-9A-Za-z_-]{20,}|1//0[0-9A-Za-z_-]{30,}|GOCSPX-[0-9A-Za-z_-]{20,})",
        "got ya29.a0AfH6SMBxxxxxxxxxxxxxxxxxxxx",
    ),
    rule(
        "stripe key",
        r"\b(?P<secret>(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{10,}|whsec_[0-9A-Za-z+/=]{16,})",
        "charge failed for sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    ),
    rule(
        "openai key",
        r"\b(?P<secret>sk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]+-)?[A-Za-z0-9_-]{20,})",
        "401 for sk-proj-abcdefghijklmnopqrstuvwx",
    ),
    rule(
        "hugging face token",
        r"\b(?P<secret>hf_[A-Za-z0-9]{30,})",
        "pull with hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
    ),
    rule(
        "npm token",
        r"\b(?P<secret>npm_[A-Za-z0-9]{30,})",
        "npm ERR! npm_abcdefghijklmnopqrstuvwxyz0123456789",
    ),
    rule(
        "pypi token",
        r"\b(?P<secret>pypi-[A-Za-z0-9_-]{30,})",
        "twine pypi-AgEIcHlwaS5vcmcCJDU3ZjM5OWE3LWM1ZjUtNDRkYS1h",
    ),
    rule(
        "docker token",
        r"\b(?P<secret>dck[rp]_(?:pat|oat)_[A-Za-z0-9_-]{20,})",
        "login with dckr_pat_aBcDeFgHiJkLmNoPqRsTuVwXyZ0",
    ),
    rule(
        "digitalocean token",
        r"\b(?P<secret>do[por]_v1_[a-f0-9]{40,})",
        "doctl dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    rule(
        "sendgrid key",
        r"\b(?P<secret>SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})",
        "mail SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf9Bqzw3Zc",
    ),
    rule(
        "mailgun key",
        r"\b(?P<secret>key-[0-9a-f]{32})\b",
        "mailgun key-0123456789abcdef0123456789abcdef",
    ),
    rule(
        "twilio key",
        r"\b(?P<secret>SK[0-9a-f]{32})\b",
        "twilio SK0123456789abcdef0123456789abcdef",
    ),
    rule(
        "shopify token",
        r"\b(?P<secret>shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32})",
        "shop shpat_0123456789abcdef0123456789abcdef",
    ),
    rule(
        "vault token",
        r"\b(?P<secret>hv[sbr]\.[A-Za-z0-9_-]{20,})",
        "vault hvs.CAESIJlU02LQZq2hKdvOS3xPo9Jtc7",
    ),
    rule(
        "atlassian token",
        r"\b(?P<secret>AT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{20,})",
        "jira ATATT3xFfGF0abcdefghijklmnopqrstuv",
    ),
    rule(
        "linear key",
        r"\b(?P<secret>lin_(?:api|oauth)_[A-Za-z0-9]{30,})",
        "lin_api_abcdefghijklmnopqrstuvwxyz0123456789",
    ),
    rule(
        "grafana token",
        r"\b(?P<secret>gl(?:sa|c)_[A-Za-z0-9_+/=]{24,})",
        "grafana glsa_abcdefghijklmnopqrstuvwxyz012345_0a1b2c3d",
    ),
    rule(
        "new relic key",
        r"\b(?P<secret>NR(?:AK|AL|II|JS)-[A-Za-z0-9_-]{20,})",
        "NRAK-ABCDEFGHIJKLMNOPQRSTUVWXYZ0",
    ),
    rule(
        "sentry dsn",
        r"https?://(?P<secret>[0-9a-f]{32}(?::[0-9a-f]{32})?)@",
        "dsn https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/2",
    ),
    rule(
        "age key",
        r"(?P<secret>AGE-SECRET-KEY-1[0-9A-Z]{20,})",
        "AGE-SECRET-KEY-1QQPQQSFXQXQXQXQXQXQXQXQXQXQ",
    ),
    rule(
        "azure key",
        r"(?i)\b(?:AccountKey|SharedAccessKey|SharedAccessSignature)\s*=\s*(?P<secret>[^;\s]{8,})",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4==;EndpointSuffix=core",
    ),
    rule(
        "password in url",
        r"\b[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s:/@?#\x22'<>\[\]]*:(?P<secret>[^\s/?#\x22'<>]*[^\s/?#\x22'<>@])@",
        "connect postgres://shop:hunter2@db:5432/shop",
    ),
    // A user alone before the @ is a token where there is no password: https://TOKEN@host.
    rule(
        "token in url",
        r"\bhttps?://(?P<secret>[^\s:/@?#\x22'<>\[\]]{12,})@",
        "clone https://0a1b2c3d4e5f6a7b@git.example.com/x.git",
    ),
    rule(
        "password in dsn",
        r"(?:^|[\s\x22'`=])[\w.-]+:(?P<secret>[^\s:@/]{3,})@(?:tcp|unix|udp)\(",
        "dial shop:hunter2@tcp(db:3306)/shop",
    ),
    rule(
        "authorization header",
        r#"(?i)\b(?:proxy-)?authorization["']?\s*(?:[:=]|=>)\s*(?:digest|aws4-hmac-sha256|signature|oauth)\s+(?P<secret>.+)"#,
        "Authorization: Digest username=\"shop\", response=\"6629fae49393a053\"",
    ),
    rule(
        "authorization header",
        r#"(?i)\b(?:proxy-)?authorization["']?\s*(?:[:=]|=>)\s*["']?(?:(?:basic|bearer|digest|token|negotiate|ntlm|apikey|aws4-hmac-sha256)\s+)?(?P<secret>[^\s"',}][^"'\r\n}]*)"#,
        "> Authorization: Basic c2hvcDpodW50ZXIy",
    ),
    rule(
        "bearer token",
        r"(?i)\bbearer\s+(?P<secret>[A-Za-z0-9._~+/=-]{8,})",
        "sent Bearer 5f3a9c1e77aa4b0c",
    ),
    rule(
        "basic credentials",
        r"\bBasic\s+(?P<secret>[A-Za-z0-9+/]{8,}={0,2})",
        "sent Basic c2hvcDpodW50ZXIy",
    ),
    rule(
        "cookie",
        r#"(?i)\b(?:set-)?cookie2?["']?\s*(?:[:=]|=>)\s*["']?(?P<secret>[^\s"'][^"'\r\n]*)"#,
        "< Set-Cookie: sid=31d4d96e407aad42; Path=/; HttpOnly",
    ),
    rule(
        "quoted password",
        concat!(
            "(?i)",
            secret_name!(),
            r#"\\?["']?\]?\s*(?:=>|[:=])\s*\\?"(?P<secret>[^"\\]+)"#
        ),
        r#"{"user":"shop","password":"correct horse battery"}"#,
    ),
    rule(
        "quoted password",
        concat!(
            "(?i)",
            secret_name!(),
            r#"["']?\]?\s*(?:=>|[:=])\s*'(?P<secret>[^']+)"#
        ),
        "{'db_password': 'correct horse battery'}",
    ),
    rule(
        "password",
        concat!(
            "(?i)",
            secret_name!(),
            r#"\\?["']?\]?\s*(?:=>|:=|[:=])\s*(?P<secret>[^\s"'&;,<>(){}\[\]|\\:=][^\s"'&;,<>{}|\\]*)"#
        ),
        "DB_PASSWORD=hunter2 starting",
    ),
    rule(
        "password element",
        concat!("(?i)<", secret_name!(), r"[^<>]*>(?P<secret>[^<>]+)</"),
        "<db><password>hunter2</password></db>",
    ),
    rule(
        "user option",
        r#"\bcurl\b.*\s(?:-u|--user)[ =]["']?[^\s:"']+:(?P<secret>[^\s"']+)"#,
        "+ curl -sS -u shop:hunter2 https://example.com",
    ),
    rule(
        "password option",
        r#"(?i)(?:^|\s)--?(?:[a-z0-9-]*-)?(?:password|passwd|pass|pwd|secret|token|api-?key|client-secret)\s+["']?(?P<secret>[^\s"'-][^\s"']*)"#,
        "exec: mysqldump --password hunter2 shop",
    ),
];

/// Words of messages about secrets, and switches, which are none themselves.
const WORDS: [&str; 45] = [
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "none",
    "null",
    "nil",
    "undefined",
    "empty",
    "unset",
    "set",
    "missing",
    "required",
    "expired",
    "invalid",
    "is",
    "was",
    "must",
    "not",
    "unknown",
    "wrong",
    "too",
    "denied",
    "mismatch",
    "malformed",
    "rejected",
    "revoked",
    "ok",
    "valid",
    "optional",
    "hidden",
    "omitted",
    "redacted",
    "string",
    "str",
    "bytes",
    "the",
    "an",
    "expected",
    "failed",
    "unauthorized",
    "unexpected",
    "verification",
];

/// Whether what stands where a secret is expected is none.
pub(super) fn is_harmless(rule: &str, value: &str) -> bool {
    let by_name = matches!(
        rule,
        "password" | "quoted password" | "password option" | "authorization header"
    );
    let by_scheme = matches!(rule, "bearer token" | "basic credentials");
    if by_scheme {
        // "Bearer authentication is required": tokens are no words.
        let mut letters = value.chars();
        letters.next();
        return value.len() < 20 && letters.all(|letter| letter.is_ascii_lowercase());
    }
    if !by_name {
        return false;
    }
    let word = value.trim_end_matches(['.', ':', '!', '?', ')']);
    let is_masked = word.chars().all(|letter| "*•x.-".contains(letter));
    // `${DB_PASSWORD}`, `%s`, `{{ password }}`: a place for the value.
    let is_place =
        word.starts_with("${") || word.starts_with('%') || word.starts_with("{{") || word == "$";
    // "3 pass: 12": tests, tries, positions.
    let is_small = word.len() < 4 && word.chars().all(|letter| letter.is_ascii_digit());
    is_masked || is_place || is_small || WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}
