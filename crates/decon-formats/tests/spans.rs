//! Spans of sites stay inside the text and on characters, on what fuzzing found.

use decon_formats::site::FORMATS;

#[test]
fn spans_of_what_fuzzing_found() {
    let texts = [
        "FROM \"\"\"\"Ay\u{311}\"\"&\n\"",
        "variabimage:l    (al:.  kmarx/20:\n\nimage:    >\n % i",
        "image: >\n  a/b:1\n  c\nx:\n  image: \"a\\u0041\u{e9}\"\n",
        "image(\"a/b:5\u{c}\r\r\nimage(\"c/d:1\")\r\nimage: \u{e9}",
        "image:   \u{44a}a/b:1 x\nimage:\t\u{3000}c/d:2",
        "services:\n  a:\n    image: 'it''s/x:1'\n",
        "jobs:\n  a:\n    container: |-\n      a/b:1\u{e9}\n    steps:\n      - uses: \"a/b@\\u0076\u{e9}1\"\n",
    ];
    for format in FORMATS {
        for text in texts {
            for site in format.sites(text).unwrap_or_default() {
                assert!(text.get(site.span.clone()).is_some(), "{} {:?} in {text:?}", format.name(), site.span);
            }
        }
    }
}
