//! One HTML file without remote parts: answer, assets, timeline, gaps, evidence register.

use std::fmt::Write as _;

use decon_core::verdict::Verdict;

use super::escape::html as e;
use super::{Answered, escape, timeline, view};

/// No script, no font, no image from elsewhere; the policy in the head keeps it so.
const STYLE: &str = include_str!("report.css");

/// Rows of the evidence register; a case may have millions.
const REGISTER: usize = 5000;

/// The whole page.
pub(super) fn render(answered: &Answered<'_>) -> String {
    let parts = answered.parts();
    let level = parts.answer.level;
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>decon: {}</title><style>{STYLE}</style></head><body><main>",
        level.name()
    );
    let _ = write!(
        out,
        "<header class=\"l-{}\"><h1>{}</h1><p>{}</p></header>",
        level.name(),
        level.name(),
        e(&view::headline(&parts))
    );
    let _ = write!(
        out,
        "<p class=\"dim\">{} observations of {} assets in {} sources.</p>",
        parts.answer.observations,
        parts.answer.assets,
        parts.contents.coverage.len()
    );
    incidents(answered, &mut out);
    table("Assets", &view::rows(&parts), &mut out);
    table("Named, but not bad", &view::acquitted(&parts), &mut out);
    timelines(answered, &mut out);
    gaps(answered, &mut out);
    next(answered, &mut out);
    let shown: Vec<&Verdict> = view::rows(&parts).into_iter().chain(view::acquitted(&parts)).collect();
    reasons(&shown, &mut out);
    register(answered, &mut out);
    out.push_str("</main></body></html>\n");
    out
}

fn incidents(answered: &Answered<'_>, out: &mut String) {
    let parts = answered.parts();
    out.push_str("<h2>Incidents</h2><table><tr><th>level</th><th>incident</th><th>assets</th><th></th></tr>");
    let mut ordered: Vec<_> = parts.answer.advisories.iter().collect();
    ordered.sort_by_key(|a| std::cmp::Reverse(a.level));
    for answer in ordered.into_iter().filter(|a| a.level.is_some()) {
        let word = answer.level.map_or("not looked at", |l| l.name());
        let class = answer.level.map_or("none", |l| l.name());
        let title = view::advisory(&parts, &answer.advisory).map_or("", |a| &*a.title);
        let count = if answer.assets == 0 { String::new() } else { answer.assets.to_string() };
        let _ = write!(
            out,
            "<tr><td><span class=\"tag l-{class}\">{word}</span></td><td>{}</td><td>{count}</td><td>{}</td></tr>",
            e(&answer.advisory),
            e(title)
        );
    }
    let unseen = view::not_looked_at(&parts);
    if !unseen.is_empty() {
        let _ = write!(
            out,
            "<tr><td><span class=\"tag l-none\">not looked at</span></td><td colspan=\"3\">{}</td></tr>",
            e(&unseen.join(", "))
        );
    }
    out.push_str("</table>");
}

fn table(title: &str, rows: &[&Verdict], out: &mut String) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<h2>{title}</h2><table><tr><th>level</th><th>asset</th><th>incident</th><th>why</th><th>verdict</th></tr>"
    );
    for verdict in rows {
        let (reason, more) = view::reason(verdict);
        let more = if more > 0 { format!(" <span class=\"dim\">+{more} more</span>") } else { String::new() };
        let _ = write!(
            out,
            "<tr><td><span class=\"tag l-{0}\">{0}</span></td><td class=\"name\">{1}</td><td>{2}</td><td>{3}{more}</td><td><a href=\"#{4}\">{4}</a></td></tr>",
            verdict.level.name(),
            e(&verdict.asset.to_string()),
            e(&verdict.advisory),
            e(&reason),
            verdict.id
        );
    }
    out.push_str("</table>");
}

fn timelines(answered: &Answered<'_>, out: &mut String) {
    let parts = answered.parts();
    for advisory in parts.advisories {
        let mine: Vec<&Verdict> = parts
            .answer
            .verdicts
            .iter()
            .filter(|v| v.advisory == advisory.id && !(v.because.is_empty() && v.acquitted.is_empty()))
            .collect();
        if mine.is_empty() {
            continue;
        }
        if let Some(svg) = timeline::draw(advisory, &mine) {
            let _ = write!(
                out,
                "<h2>Timeline of {} (UTC)</h2><p class=\"dim\">Bars: when each source says the tag was bad. Dots: our events.</p>{svg}",
                e(&advisory.id)
            );
        }
    }
}

fn gaps(answered: &Answered<'_>, out: &mut String) {
    let parts = answered.parts();
    let gaps = view::gaps(&parts);
    let unseen = view::not_looked_at(&parts);
    if gaps.is_empty() && unseen.is_empty() {
        return;
    }
    out.push_str("<h2>Could not be looked at</h2><table><tr><th>what</th><th>why</th><th>what to do</th></tr>");
    for (gap, paths) in gaps {
        let shown: Vec<String> = paths.iter().take(8).map(|p| e(p)).collect();
        let more = paths.len().saturating_sub(8);
        let more = if more > 0 { format!(" <span class=\"dim\">+{more} more</span>") } else { String::new() };
        let _ = write!(
            out,
            "<tr><td class=\"name\">{}{more}</td><td>{}</td><td>{}</td></tr>",
            shown.join("<br>"),
            e(&gap.reason),
            e(&gap.remedy)
        );
    }
    if !unseen.is_empty() {
        let _ = write!(
            out,
            "<tr><td>{}</td><td>nothing that was given covers their time or names them</td><td>add evidence of that time, if they may concern you</td></tr>",
            e(&unseen.join(", "))
        );
    }
    out.push_str("</table>");
}

fn next(answered: &Answered<'_>, out: &mut String) {
    let steps = view::next(answered);
    if steps.is_empty() {
        return;
    }
    out.push_str("<h2>Next</h2><ol>");
    for step in steps {
        let _ = write!(out, "<li>{}</li>", e(&step));
    }
    out.push_str("</ol>");
}

/// Every verdict with its steps, so that the page explains itself without the program.
fn reasons(rows: &[&Verdict], out: &mut String) {
    if rows.is_empty() {
        return;
    }
    out.push_str("<h2>Why</h2>");
    for verdict in rows {
        let _ = write!(
            out,
            "<details id=\"{0}\"><summary><span class=\"tag l-{1}\">{1}</span> {2} <span class=\"dim\">{0} {3}</span></summary>",
            verdict.id,
            verdict.level.name(),
            e(&verdict.asset.to_string()),
            e(&verdict.advisory)
        );
        for reason in verdict.because.iter().chain(&verdict.acquitted).take(50) {
            let _ = write!(out, "<p><b>{}</b>, {}</p><ol>", e(&reason.text), view::when(reason.when));
            reason.steps.iter().for_each(|step| {
                let _ = write!(out, "<li>{}</li>", e(step));
            });
            out.push_str("</ol>");
        }
        out.push_str("</details>");
    }
}

fn register(answered: &Answered<'_>, out: &mut String) {
    let coverage = &answered.contents.coverage;
    out.push_str("<h2>Evidence register</h2><table><tr><th>source</th><th>read as</th><th>bytes</th><th>covers (UTC)</th><th>SHA-256 of the file</th></tr>");
    for c in coverage.iter().take(REGISTER) {
        let end =
            |t: Option<jiff::Timestamp>| t.map_or("…".to_owned(), |t| view::when(decon_core::window::When::At(t)));
        let window = c.window.map_or("no dates".to_owned(), |w| format!("{} to {}", end(w.from), end(w.until)));
        let blob = c.blob.as_ref().map_or("", |b| b.hex());
        let _ = write!(
            out,
            "<tr><td class=\"name\">{}</td><td>{}</td><td>{}</td><td>{window}</td><td class=\"hash\">{blob}</td></tr>",
            e(&c.path),
            e(&c.format),
            c.bytes
        );
    }
    out.push_str("</table>");
    if coverage.len() > REGISTER {
        let _ =
            write!(out, "<p class=\"dim\">and {} more sources; --format json lists all</p>", coverage.len() - REGISTER);
    }
    if let Some(head) = &answered.head {
        let _ = write!(
            out,
            "<p>Head of the case: <code>{head}</code>. Check it with <code>decon case verify --head {} {}</code></p>",
            head.hex(),
            e(&answered.case.map_or(String::new(), |c| escape::shell(&c.to_string_lossy())))
        );
    }
}
