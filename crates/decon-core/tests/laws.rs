//! The laws of judgement, as properties over invented observations.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use decon_core::advisory::Advisory;
use decon_core::coverage::{Coverage, Gap, GapKind};
use decon_core::digest::{Digest, Role};
use decon_core::judge::{MirrorRules, Question, judge};
use decon_core::observation::{Asset, AssetKind, Event, Observation, Proof, Subject, Time};
use decon_core::reference::Reference;
use decon_core::verdict::{Answer, Level};
use decon_core::window::{When, Window};
use proptest::prelude::*;

fn bad() -> Digest {
    Digest::of(b"bad index")
}
fn good() -> Digest {
    Digest::of(b"good index")
}

fn advisory(complete: bool) -> Advisory {
    let text = format!(
        "schema = 1\nid = \"law\"\ntitle = \"t\"\nsummary = \"s\"\nseverity = \"high\"\nrepositories = [\"docker.io/evil/tool\"]\ndigests-complete = {complete}\n[sources]\na = \"https://a\"\n\
         [[artifact]]\ndigest = \"{}\"\nrole = \"index\"\ndisposition = \"bad\"\nconfidence = \"high\"\nsources = [\"a\"]\n\
         [[artifact]]\ndigest = \"{}\"\nrole = \"index\"\ndisposition = \"good\"\nconfidence = \"high\"\nsources = [\"a\"]\n\
         [[window]]\ntags = [\"latest\"]\n[[window.claim]]\nfrom = \"2026-04-22T12:00:00Z\"\nuntil = \"2026-04-22T16:00:00Z\"\nsource = \"a\"\n\
         [[indicator]]\nkind = \"domain\"\nvalue = \"c2.example.net\"\nconfidence = \"high\"\nshared-with = [\"other\"]\nactive-until = \"2026-04-22T18:00:00Z\"\nsources = [\"a\"]\n\
         [[indicator]]\nkind = \"ip\"\nvalue = \"198.51.100.7\"\nconfidence = \"low\"\nsources = [\"a\"]\n",
        bad(),
        good()
    );
    Advisory::parse(&text).unwrap()
}

prop_compose! {
    fn observation()(
        event in prop::sample::select(vec![Event::Pulled, Event::Cached, Event::Run, Event::Referenced, Event::Failed, Event::Cited, Event::Held, Event::Residue, Event::Resolved, Event::Comprises, Event::Pushed]),
        name in prop::sample::select(vec!["evil/tool:latest", "evil/tool:other", "evil/tool", "mirror.gcr.io/evil/tool:latest", "other/tool:latest", "reg.example.com/evil/tool:latest"]),
        digest in prop::option::of(0usize..5),
        id in prop::option::of(0usize..5),
        parts in prop::collection::vec((0usize..3, 0usize..5), 0..3),
        hour in prop::option::of(10i64..20),
        asset in 0usize..3,
        thread in prop::option::of(0usize..3),
        line in 0u64..1000,
        contact in prop::option::weighted(0.25, prop::sample::select(vec!["c2.example.net", "198.51.100.7", "unlisted.example"])),
    ) -> Observation {
        let digests = [bad(), good(), Digest::of(b"1"), Digest::of(b"2"), Digest::of(b"3")];
        let roles = [Role::Manifest, Role::Config, Role::Layer];
        let reference = Reference::pullable(name).unwrap().with_digest(digest.map(|d| digests[d].clone()));
        let asset = Asset::new(AssetKind::Job, &format!("job-{asset}"));
        let proof = Proof { path: "log".into(), line: Some(line), column: None, blob: None };
        let mut o = Observation::of(event, Subject::Image(reference), asset, "law", proof);
        o.image_id = id.map(|d| digests[d].clone());
        o.parts = parts.into_iter().map(|(r, d)| (roles[r], digests[d].clone())).collect();
        o.time = Time(hour.map_or(When::Unstated, |h| When::At(format!("2026-04-22T{h:02}:30:00Z").parse().unwrap())));
        o.thread = thread.map(|t| format!("thread-{t}").into());
        if let Some(indicator) = contact {
            let subject = Subject::Indicator { indicator: indicator.into() };
            let time = o.time;
            let event = if line % 2 == 0 { Event::Contacted } else { Event::Cited };
            o = Observation::of(event, subject, o.asset, "law", o.proof);
            o.time = time;
        }
        o
    }
}

prop_compose! {
    fn coverage()(asset in 0usize..3, gap in prop::bool::weighted(0.3), dated in any::<bool>()) -> Coverage {
        let window = dated.then(|| Window { from: Some("2026-04-22T11:00:00Z".parse().unwrap()), until: Some("2026-04-22T17:00:00Z".parse().unwrap()) });
        let gaps = if gap { vec![Gap { kind: GapKind::Unreadable, path: "p".into(), reason: "r".into(), remedy: "m".into(), window: Window::ALWAYS }] } else { vec![] };
        Coverage { path: format!("log-{asset}").into(), asset: Asset::new(AssetKind::Job, &format!("job-{asset}")), format: "law".into(), window, speaks: true, bytes: 10, blob: None, gaps }
    }
}

fn answer(advisory: &Advisory, observations: &[Observation], coverage: &[Coverage]) -> Answer {
    judge(&Question {
        advisories: std::slice::from_ref(advisory),
        named: true,
        mirrors: &MirrorRules::default(),
        observations,
        coverage,
    })
}

fn level_of(answer: &Answer, asset: &Asset) -> Level {
    answer.verdicts.iter().filter(|v| v.asset == *asset).map(|v| v.level).max().unwrap_or(Level::Clear)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn order_does_not_matter(observations in prop::collection::vec(observation(), 0..12), coverage in prop::collection::vec(coverage(), 0..4), complete in any::<bool>(), seed in any::<u64>()) {
        let advisory = advisory(complete);
        let mut shuffled = observations.clone();
        let mut covered = coverage.clone();
        let length = shuffled.len().max(1);
        shuffled.rotate_left(usize::try_from(seed).unwrap_or(0) % length);
        shuffled.reverse();
        covered.reverse();
        prop_assert_eq!(answer(&advisory, &observations, &coverage), answer(&advisory, &shuffled, &covered));
    }

    #[test]
    fn collecting_twice_equals_once(observations in prop::collection::vec(observation(), 0..12), coverage in prop::collection::vec(coverage(), 0..4), complete in any::<bool>()) {
        let advisory = advisory(complete);
        let once = answer(&advisory, &observations, &coverage);
        let twice = answer(&advisory, &[observations.clone(), observations.clone()].concat(), &[coverage.clone(), coverage].concat());
        prop_assert_eq!((once.level, &once.verdicts), (twice.level, &twice.verdicts));
    }

    #[test]
    fn more_observations_never_lower_a_level(observations in prop::collection::vec(observation(), 0..10), more in prop::collection::vec(observation(), 0..6), coverage in prop::collection::vec(coverage(), 0..4), complete in any::<bool>()) {
        let advisory = advisory(complete);
        // Events of one thread are one event's own record; others must not reach into it.
        let more: Vec<Observation> = more.into_iter().map(|mut o| { o.thread = o.thread.map(|t| format!("later-{t}").into()); o }).collect();
        let before = answer(&advisory, &observations, &coverage);
        let after = answer(&advisory, &[observations.clone(), more].concat(), &coverage);
        prop_assert!(after.level >= before.level, "{:?} then {:?}", before.level, after.level);
        for verdict in &before.verdicts {
            prop_assert!(level_of(&after, &verdict.asset) >= verdict.level);
        }
    }

    #[test]
    fn clear_implies_coverage_without_gaps(observations in prop::collection::vec(observation(), 0..8), coverage in prop::collection::vec(coverage(), 0..4), complete in any::<bool>()) {
        let found = answer(&advisory(complete), &observations, &coverage);
        if found.level == Level::Clear {
            prop_assert!(found.gaps.is_empty());
            prop_assert!(!coverage.is_empty(), "nothing looked at is never clear");
            prop_assert!(coverage.iter().all(|c| c.gaps.is_empty()));
        }
        if coverage.iter().any(|c| !c.gaps.is_empty()) {
            prop_assert!(found.level >= Level::Unknown);
        }
    }

    #[test]
    fn a_verdict_lists_because_and_despite(observations in prop::collection::vec(observation(), 0..10), coverage in prop::collection::vec(coverage(), 0..4), complete in any::<bool>()) {
        for verdict in answer(&advisory(complete), &observations, &coverage).verdicts {
            prop_assert!(verdict.level <= Level::Unknown || !verdict.because.is_empty());
            prop_assert!(verdict.level != Level::Unknown || !verdict.despite.is_empty());
            prop_assert!(verdict.because.iter().all(|r| !r.steps.is_empty() && r.level > Level::Clear));
        }
    }

    #[test]
    fn a_known_good_digest_never_raises(event in prop::sample::select(vec![Event::Pulled, Event::Cached, Event::Run, Event::Referenced, Event::Held]), complete in any::<bool>(), hour in 10i64..20) {
        let asset = Asset::new(AssetKind::Job, "job-0");
        let proof = Proof { path: "log".into(), line: None, column: None, blob: None };
        let reference = Reference::pullable("evil/tool:latest").unwrap().with_digest(Some(good()));
        let mut o = Observation::of(event, Subject::Image(reference), asset.clone(), "law", proof);
        o.time = Time(When::At(format!("2026-04-22T{hour:02}:30:00Z").parse().unwrap()));
        // Even where other evidence calls it a part of the bad index.
        let mut lie = o.clone();
        lie.event = Event::Comprises;
        lie.asset = Asset::new(AssetKind::Job, "liar");
        lie.subject = Subject::Image(Reference::pullable("evil/tool").unwrap().with_digest(Some(bad())));
        lie.parts = vec![(Role::Manifest, good())];
        let covered = Coverage { path: "log".into(), asset: asset.clone(), format: "law".into(), window: None, speaks: true, bytes: 1, blob: None, gaps: vec![] };
        prop_assert_eq!(level_of(&answer(&advisory(complete), &[o, lie], &[covered]), &asset), Level::Clear);
    }
}

#[test]
fn a_tags_history_turns_exposed_into_present() {
    let at = |event, hour: &str, digest: Option<Digest>, job: &str| {
        let reference = Reference::pullable("evil/tool:latest").unwrap().with_digest(digest);
        let proof = Proof { path: "log".into(), line: None, column: None, blob: None };
        let mut o = Observation::of(event, Subject::Image(reference), Asset::new(AssetKind::Job, job), "law", proof);
        o.time = Time(When::At(format!("2026-04-22T{hour}:00Z").parse().unwrap()));
        o
    };
    let tagged = at(Event::Pulled, "13:30", None, "by-tag");
    let asset = tagged.asset.clone();
    let level = |others: &[Observation]| {
        level_of(&answer(&advisory(true), &[std::slice::from_ref(&tagged), others].concat(), &[]), &asset)
    };
    let (before, after) =
        (at(Event::Pulled, "13:00", Some(bad()), "a"), at(Event::Resolved, "14:00", Some(bad()), "b"));
    assert_eq!(level(&[]), Level::Exposed);
    assert_eq!(level(std::slice::from_ref(&before)), Level::Exposed, "one side alone proves nothing");
    assert_eq!(level(&[before, after]), Level::Present);
}

#[test]
fn families_carry_a_manifests_badness_to_its_image_id_on_another_host() {
    let proof = || Proof { path: "log".into(), line: None, column: None, blob: None };
    let config = Digest::of(b"config");
    let mut journal = Observation::of(
        Event::Pulled,
        Subject::Image(Reference::pullable("evil/tool:9").unwrap().with_digest(Some(bad()))),
        Asset::new(AssetKind::Host, "node"),
        "law",
        proof(),
    );
    journal.image_id = Some(config.clone());
    let mut podman = Observation::of(
        Event::Held,
        Subject::Image(Reference::pullable("renamed:1").unwrap()),
        Asset::new(AssetKind::Host, "laptop"),
        "law",
        proof(),
    );
    podman.image_id = Some(config);
    let found = answer(&advisory(true), &[journal, podman.clone()], &[]);
    assert_eq!(level_of(&found, &podman.asset), Level::Present);
}
