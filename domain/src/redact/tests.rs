use proptest::prelude::*;

use super::*;

/// Lines as programs write them, each with the secret that must not survive. None of them is a secret of anyone.
const SECRETS: [(&str, &str); 66] = [
    (
        "time=12:00 level=debug msg=\"auth\" jwt=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "dozjgNryP4J3jVmNHl0w5N",
    ),
    (
        "GET /callback?access_token=eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2lnbmF0dXJl&state=1",
        "eyJpc3MiOiJhIn0",
    ),
    (
        "> Authorization: Bearer 7f0c1a55-9a1e-4a0f-8a3b-0d7a6f2a6c11",
        "7f0c1a55-9a1e",
    ),
    (
        "{\"headers\":{\"authorization\":\"Bearer abcDEF0123456789\"}}",
        "abcDEF0123456789",
    ),
    (
        "curl: -H 'Authorization: Basic c2hvcDpodW50ZXIy'",
        "c2hvcDpodW50ZXIy",
    ),
    (
        "proxy-authorization: Digest username=\"shop\", response=\"6629fae49393a05397450978507c4ef1\"",
        "6629fae49393a053",
    ),
    (
        "Authorization: token 0123456789abcdef0123",
        "0123456789abcdef0123",
    ),
    (
        "request failed: map[Authorization:[Bearer abcd1234efgh5678]]",
        "abcd1234efgh5678",
    ),
    (
        "fatal: Authentication failed for https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@github.com/a/b",
        "16C7e42F292c6912",
    ),
    (
        "using github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
        "11ABCDEFG0abcdefghijkl",
    ),
    (
        "gitlab-ci: cloning with glpat-Zx9_aaaaBBBBcccc1234",
        "Zx9_aaaaBBBBcccc1234",
    ),
    (
        "slack: chat.postMessage xoxb-123456789012-1234567890123-AbCdEfGhIjKl",
        "AbCdEfGhIjKl",
    ),
    (
        "POST https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/cccccccccccccccccccccccc 500",
        "cccccccccccccccccccccccc",
    ),
    (
        "POST https://discord.com/api/webhooks/1234567890/abcdefghijklmnopqrstuvwxyz0123456789",
        "abcdefghijklmnopqrstuvwxyz",
    ),
    (
        "GET https://api.telegram.org/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw7/getMe",
        "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw7",
    ),
    (
        "s3: access key AKIAIOSFODNN7EXAMPLE is not allowed",
        "AKIAIOSFODNN7EXAMPLE",
    ),
    (
        "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "wJalrXUtnFEMI",
    ),
    (
        "aws_session_token = FwoGZXIvYXdzEBYaDExample1234",
        "FwoGZXIvYXdzEBYa",
    ),
    (
        "PUT https://b.s3.amazonaws.com/k?X-Amz-Credential=x&X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0",
        "fe5f80f77d5fa3beca",
    ),
    (
        "maps: AIzaSyA1234567890abcdefghijklmnopqrstuv quota exceeded",
        "SyA1234567890abcdef",
    ),
    (
        "refreshed ya29.a0AfH6SMBxxxxxxxxxxxxxxxxxxxx",
        "a0AfH6SMBxxxx",
    ),
    (
        "oauth client GOCSPX-abcdefghijklmnopqrstuvwx rejected",
        "abcdefghijklmnopqrstuvwx",
    ),
    (
        "stripe: Invalid API Key provided: sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        "4eC39HqLyjWDarjtT1zdp7dc",
    ),
    (
        "webhook verified with whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "MfKQ9r8GKYqrTwjUPD8I",
    ),
    (
        "openai: Incorrect API key provided: sk-proj-abcdefghijklmnopqrstuvwx0123",
        "abcdefghijklmnopqrstuvwx0123",
    ),
    (
        "npm ERR! //registry.npmjs.org/:_authToken=npm_abcdefghijklmnopqrstuvwxyz0123456789",
        "abcdefghijklmnopqrstuvwxyz",
    ),
    (
        "twine upload -p pypi-AgEIcHlwaS5vcmcCJDU3ZjM5OWE3LWM1ZjUtNDRkYS1h",
        "AgEIcHlwaS5vcmc",
    ),
    (
        "docker login with dckr_pat_aBcDeFgHiJkLmNoPqRsTuVwXyZ0",
        "aBcDeFgHiJkLmNoPqRs",
    ),
    (
        "mail: SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf9Bqzw3Zc",
        "TwL2iGABf9DHoTf9Bqzw3Zc",
    ),
    (
        "vault: renewed hvs.CAESIJlU02LQZq2hKdvOS3xPo9Jtc7",
        "CAESIJlU02LQZq2hKdv",
    ),
    (
        "AccountName=shop;AccountKey=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4==;EndpointSuffix=core.windows.net",
        "Zm9vYmFyYmF6cXV4",
    ),
    (
        "Endpoint=sb://a/;SharedAccessKeyName=root;SharedAccessKey=abcdEFGH1234=",
        "abcdEFGH1234",
    ),
    (
        "dial postgres://shop:hunter2@db:5432/shop?sslmode=disable: connection refused",
        "hunter2",
    ),
    ("amqp://guest:s3cr3t!@rabbit:5672/ failed", "s3cr3t!"),
    (
        "mongodb+srv://app:P%40ssw0rd@cluster0.example.net/test",
        "P%40ssw0rd",
    ),
    ("redis://:hunter2@cache:6379/0 timed out", "hunter2"),
    ("connecting to shop:hunter2@tcp(db:3306)/shop", "hunter2"),
    (
        "pulling https://0a1b2c3d4e5f6a7b@git.example.com/x.git",
        "0a1b2c3d4e5f6a7b",
    ),
    (
        "sentry: https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/2",
        "0123456789abcdef0123",
    ),
    ("DB_PASSWORD=hunter2 LOG_LEVEL=info", "hunter2"),
    (
        "export PGPASSWORD='correct horse battery staple'",
        "correct horse",
    ),
    ("spring.datasource.password: hunter2", "hunter2"),
    ("  password: \"hunter2\"   # from values.yaml", "hunter2"),
    (
        "{\"user\":\"shop\",\"password\":\"correct horse battery\"}",
        "correct horse",
    ),
    (
        "{\\\"user\\\":\\\"shop\\\",\\\"password\\\":\\\"hunter2\\\"}",
        "hunter2",
    ),
    ("{'db_password': 'correct horse battery'}", "correct horse"),
    (
        "config: {Host:db User:shop Password:hunter2 Port:5432}",
        "hunter2",
    ),
    (
        "Server=db;User Id=sa;Password=hunter2;Encrypt=true",
        "hunter2",
    ),
    ("{:user=>\"shop\", :password=>\"hunter2\"}", "hunter2"),
    ("clientSecret=9f8e7d6c5b4a", "9f8e7d6c5b4a"),
    (
        "SECRET_KEY_BASE=0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "0f1e2d3c4b5a6978",
    ),
    (
        "DJANGO_SECRET_KEY='django-insecure-abc!@#'",
        "django-insecure",
    ),
    ("x-api-key: 31b5e2c6a9", "31b5e2c6a9"),
    ("api_key=31b5e2c6a9&page=2", "31b5e2c6a9"),
    ("MYSQL_ROOT_PASSWORD: s3cr3t-root", "s3cr3t-root"),
    ("DB_PASS=hunter2", "hunter2"),
    (
        "Cookie: session=31d4d96e407aad42; theme=dark",
        "31d4d96e407aad42",
    ),
    (
        "< Set-Cookie: sid=31d4d96e407aad42; Path=/; HttpOnly",
        "31d4d96e407aad42",
    ),
    (
        "\"cookie\": \"auth=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh; remember=9d8c7b6a\"",
        "9d8c7b6a",
    ),
    (
        "GET /stream;jsessionid=0A1B2C3D4E5F HTTP/1.1",
        "0A1B2C3D4E5F",
    ),
    (
        "exec: mysqldump --user shop --password hunter2 shop",
        "hunter2",
    ),
    (
        "exec: vault login --token=s.abcdefgh12345678",
        "abcdefgh12345678",
    ),
    ("+ curl -sS -u shop:hunter2 https://example.com", "hunter2"),
    (
        "<db><user>shop</user><password>hunter2</password></db>",
        "hunter2",
    ),
    (
        "tls: -----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG\\n-----END PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG",
    ),
    (
        "NRAK-ABCDEFGHIJKLMNOPQRSTUVWXYZ0 lin_api_abcdefghijklmnopqrstuvwxyz0123456789 hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "abcdefghijklmnopqrst",
    ),
];

/// What tells faults apart, and messages about secrets that hold none.
const HARMLESS: [&str; 44] = [
    "goroutine 8193 [running]:",
    "shop/checkout/internal/cart.(*Cart).Total(0xc000312000, {0x8f1b20, 0xc0004a80e0})",
    "\t/src/internal/cart/cart.go:88 +0x1bc",
    "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x6f2a1c]",
    "created by net/http.(*Server).Serve in goroutine 1",
    "panic: runtime error: invalid memory address or nil pointer dereference",
    "thread 'tokio-rt-worker' panicked at src/webhook/signature.rs:57:31:",
    "   3: webhook::signature::verify",
    "             at ./src/webhook/signature.rs:57:31",
    "\tat com.example.auth.TokenFilter.doFilter(TokenFilter.java:97)",
    "Caused by: java.lang.IllegalStateException: password must not be empty",
    "  File \"/app/shop/auth.py\", line 12, in check_password",
    "    at parseFeed (/app/src/feed.js:63:37)",
    "image sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "pulled shop/checkout@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    "request 7f0c1a55-9a1e-4a0f-8a3b-0d7a6f2a6c11 took 12 ms",
    "commit 20087cf1d2f4e7a93c0b5d6e8f7a6b5c4d3e2f10 deployed",
    "container 4c01db0b339c4c01db0b339c4c01db0b339c4c01db0b339c4c01db0b339c4c01 died",
    "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
    "etag \"33a64df551425fcc55e4d42a148795d9f25f89d4\"",
    "listening on http://0.0.0.0:8080",
    "GET https://example.com:8443/a/b?c=d@e 200",
    "redis://cache:6379/0 timed out",
    "mail to ops@example.com failed",
    "tokens=1532 prompt_tokens=1200 max_tokens: 4096",
    "SyntaxError: Unexpected token < in JSON at position 0",
    "unexpected token: }",
    "token is expired by 2h3m",
    "invalid token: expired",
    "password authentication failed for user \"shop\"",
    "password: required",
    "auth: password=**** user=shop",
    "use_password=true token_type=bearer",
    "Bearer authentication is required",
    "Basic authentication failed",
    "missing secret key in configuration",
    "secret=${DB_PASSWORD}",
    "FATAL cannot read configuration: /etc/app/config.yaml: line 12: unknown key `retires`",
    "3 tests pass: 12, fail: 0",
    "author=jane passenger=12 compass=north",
    "bypass: 7 of 9",
    "12:00:01.123 INFO served 912 requests, p99 12.4 ms",
    "mac 02:42:ac:11:00:02 ip 172.17.0.2 fe80::42:acff:fe11:2",
    "-----BEGIN CERTIFICATE-----",
];

#[test]
fn no_secret_of_the_corpus_survives() {
    let mut survived = Vec::new();
    for (text, secret) in SECRETS {
        assert!(text.contains(secret), "the corpus is wrong: {text}");
        let without = line(text);
        if without.contains(secret) || !without.contains(MARK) {
            survived.push(format!("{text}\n  → {without}"));
        }
    }
    assert!(survived.is_empty(), "{}", survived.join("\n"));
}

#[test]
fn harmless_lines_stay_as_they_are() {
    let changed: Vec<_> = HARMLESS
        .into_iter()
        .filter(|text| line(text) != *text)
        .map(|text| format!("{text}\n  → {}", line(text)))
        .collect();
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

#[test]
fn every_rule_takes_something_out_of_its_example() {
    for rule in RULES {
        let found = Regex::new(rule.pattern)
            .unwrap_or_else(|error| panic!("{}: {error}", rule.name))
            .captures(rule.example)
            .unwrap_or_else(|| panic!("{}: {}", rule.name, rule.example));
        let secret = &found["secret"];
        assert!(!line(rule.example).contains(secret), "{}", rule.name);
    }
}

#[test]
fn what_surrounds_a_secret_stays() {
    assert_eq!(
        line("dial postgres://shop:hunter2@db:5432/shop: refused"),
        "dial postgres://shop:[redacted: password in url]@db:5432/shop: refused"
    );
    assert_eq!(
        line("DB_PASSWORD=hunter2 LOG_LEVEL=info"),
        "DB_PASSWORD=[redacted: password] LOG_LEVEL=info"
    );
    assert_eq!(
        line("Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh"),
        "Authorization: Bearer [redacted: jwt]"
    );
}

fn block(text: &str) -> String {
    let mut texts: Vec<String> = text.lines().map(str::to_owned).collect();
    lines(&mut texts);
    texts.join("\n")
}

#[test]
fn a_key_of_several_lines_goes_and_what_follows_stays() {
    assert_eq!(
        block(
            "loaded\n-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabcd1234efgh5678==\n-----END RSA PRIVATE KEY-----\nready"
        ),
        "loaded\n-----BEGIN RSA PRIVATE KEY-----\n[redacted: private key]\n[redacted: private key]\n-----END RSA PRIVATE KEY-----\nready"
    );
    let cut_at_the_end = block("-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA");
    assert!(!cut_at_the_end.contains("MIIE"), "{cut_at_the_end}");
    let cut_at_the_begin = block("MIIEowIBAAKCAQEA\n-----END PRIVATE KEY-----");
    assert!(!cut_at_the_begin.contains("MIIE"), "{cut_at_the_begin}");
    let never_ended =
        block("-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA\npanic: a message: of words");
    assert!(
        never_ended.ends_with("\npanic: a message: of words"),
        "{never_ended}"
    );
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEA\n-----END CERTIFICATE-----";
    assert_eq!(block(certificate), certificate);
}

/// Lines with secrets in them, and pieces of lines in any order.
fn any_line() -> impl Strategy<Value = String> {
    let pieces = SECRETS.map(|(text, _)| text).to_vec();
    let piece = prop_oneof![
        prop::sample::select(pieces),
        prop::sample::select(HARMLESS.to_vec()),
        prop::sample::select(vec![
            "password",
            "=",
            ":",
            " ",
            "\"",
            "'",
            "Bearer ",
            "[redacted: jwt]",
            "[redacted: ",
            "]",
            "token=",
            "Cookie: ",
            "@",
            "://",
        ]),
    ];
    prop_oneof![
        prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()),
        ".{0,200}",
    ]
}

proptest! {
    // Each goes through all rules, which take their time without optimisation.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn redacting_twice_changes_nothing(text in any_line()) {
        let once = line(&text).into_owned();
        prop_assert_eq!(line(&once), once.as_str());
    }

    #[test]
    fn so_it_is_with_several_lines(texts in prop::collection::vec(any_line(), 0..8)) {
        let mut once = texts;
        lines(&mut once);
        let mut twice = once.clone();
        lines(&mut twice);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_secret_does_not_survive_wherever_it_stands(
        (text, secret) in prop::sample::select(SECRETS.to_vec()),
        before in "[a-z0-9 .:,-]{0,30} ",
        after in " [a-z0-9 .,]{0,30}",
    ) {
        let all = format!("{before}{text}{after}");
        let without = line(&all);
        prop_assert!(!without.contains(secret), "{} → {}", all, without);
    }
}
