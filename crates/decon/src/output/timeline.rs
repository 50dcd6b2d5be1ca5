//! The timeline: attack windows as each source claims them, and our events, drawn as SVG.

use std::fmt::Write as _;

use decon_core::advisory::{Advisory, Claim};
use decon_core::verdict::{Level, Verdict};
use decon_core::window::When;
use jiff::Timestamp;

use super::escape::html as e;

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 240.0;
const ROW: f64 = 20.0;

struct Scale {
    from: f64,
    span: f64,
}

impl Scale {
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double many times over")]
    fn x(&self, at: Timestamp) -> f64 {
        (LEFT + (at.as_second() as f64 - self.from) / self.span * (WIDTH - LEFT - 20.0)).clamp(LEFT, WIDTH - 20.0)
    }
}

/// The drawing for one incident; `None` when nothing of it has a time.
pub(super) fn draw(advisory: &Advisory, verdicts: &[&Verdict]) -> Option<String> {
    let tags = advisory.windows.iter().flat_map(|w| w.claims.iter().map(move |c| (label(&w.tags), c)));
    let actions = advisory.actions.iter().flat_map(|a| a.claims.iter().map(move |c| (a.repository.to_string(), c)));
    let claims: Vec<(String, &Claim)> =
        tags.chain(actions).filter(|(_, c)| c.window.from.is_some() || c.window.until.is_some()).take(24).collect();
    let ends: Vec<i64> =
        claims.iter().flat_map(|(_, c)| [c.window.from, c.window.until]).flatten().map(Timestamp::as_second).collect();
    let (first, last) = (*ends.iter().min()?, *ends.iter().max()?);
    let pad = ((last - first) / 4).max(3600);
    let (low, high) = (first - pad, last + pad);
    // An event between two bounds is drawn at the earlier one, and says so when pointed at.
    let events: Vec<(&Verdict, Level, Timestamp, &str)> = verdicts
        .iter()
        .flat_map(|v| {
            v.because.iter().chain(&v.acquitted).filter_map(move |r| match r.when {
                When::At(at) | When::Between { from: Some(at), .. } => Some((*v, r.level, at, &*r.text)),
                _ => None,
            })
        })
        .collect();
    let inside = |at: &Timestamp| (low..=high).contains(&at.as_second());
    let outside = events.iter().filter(|(_, _, at, _)| !inside(at)).count();
    #[allow(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double many times over")]
    let scale = Scale { from: low as f64, span: (high - low) as f64 };
    let mut assets: Vec<String> = events.iter().filter(|e| inside(&e.2)).map(|(v, ..)| v.asset.to_string()).collect();
    assets.sort();
    assets.dedup();
    assets.truncate(30);
    #[allow(clippy::cast_precision_loss, reason = "at most some fifty rows")]
    let height = 40.0 + ROW * (claims.len() + assets.len()) as f64 + 10.0;
    let mut svg =
        format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"timeline of {}\">", e(&advisory.id));
    axis(&scale, low, high, height, &mut svg);
    let mut y = 34.0;
    for (what, claim) in &claims {
        bar(&scale, y, what, claim, low, high, &mut svg);
        y += ROW;
    }
    for asset in &assets {
        let _ = write!(
            svg,
            "<text x=\"4\" y=\"{}\" class=\"asset\">{}</text><line x1=\"{LEFT}\" x2=\"{}\" y1=\"{}\" y2=\"{}\" class=\"lane\"/>",
            y + 13.0,
            e(&clip(asset)),
            WIDTH - 20.0,
            y + 9.0,
            y + 9.0
        );
        for (_, level, at, text) in events.iter().filter(|(v, _, at, _)| v.asset.to_string() == *asset && inside(at)) {
            let _ = write!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{}\" r=\"5\" class=\"l-{}\"><title>{} {}</title></circle>",
                scale.x(*at),
                y + 9.0,
                level.name(),
                at,
                e(text)
            );
        }
        y += ROW;
    }
    svg.push_str("</svg>");
    if outside > 0 {
        let _ = write!(svg, "<p class=\"dim\">{outside} events lie outside this span.</p>");
    }
    Some(svg)
}

fn label(tags: &[Box<str>]) -> String {
    match tags {
        [] => "every tag".to_owned(),
        [one] => one.to_string(),
        [first, ..] => format!("{first} +{}", tags.len() - 1),
    }
}

fn clip(text: &str) -> String {
    let length = text.chars().count();
    if length <= 36 { text.to_owned() } else { format!("…{}", text.chars().skip(length - 35).collect::<String>()) }
}

fn axis(scale: &Scale, low: i64, high: i64, height: f64, svg: &mut String) {
    const STEPS: i64 = 5;
    for i in 0..=STEPS {
        let Ok(at) = Timestamp::from_second(low + (high - low) * i / STEPS) else { continue };
        let x = scale.x(at);
        let text = at.to_string();
        let short = text.get(5..16).unwrap_or("").replace('T', " ");
        let anchor = if i == STEPS { "end" } else { "middle" };
        let _ = write!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"22\" y2=\"{height}\" class=\"grid\"/><text x=\"{x:.1}\" y=\"14\" text-anchor=\"{anchor}\">{short}</text>"
        );
    }
}

fn bar(scale: &Scale, y: f64, what: &str, claim: &Claim, low: i64, high: i64, svg: &mut String) {
    let at = |seconds: i64| Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    let (from, until) = (claim.window.from.unwrap_or(at(low)), claim.window.until.unwrap_or(at(high)));
    let (x1, x2) = (scale.x(from), scale.x(until));
    let open = if claim.window.from.is_none() || claim.window.until.is_none() { " open" } else { "" };
    let end = |t: Option<Timestamp>| t.map_or("not stated".to_owned(), |t| t.to_string());
    let title = format!(
        "{} to {} by {}{}",
        end(claim.window.from),
        end(claim.window.until),
        claim.source,
        claim.note.as_ref().map_or(String::new(), |n| format!(": {n}"))
    );
    let _ = write!(svg, "<text x=\"4\" y=\"{}\">{}</text>", y + 13.0, e(&clip(&format!("{what} ({})", claim.source))));
    let _ = write!(
        svg,
        "<rect x=\"{x1:.1}\" y=\"{}\" width=\"{:.1}\" height=\"12\" class=\"claim{open}\"><title>{}</title></rect>",
        y + 3.0,
        (x2 - x1).max(2.0),
        e(&title)
    );
}
