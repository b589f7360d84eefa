//! Logs, plots, pictures, traces and graphs: what they hold, and every way to go wrong.
mod common;

use common::refused;
use std::fs;
use std::path::PathBuf;
use tapeloop::{Code, Context, Dense, FunctionOptions, ImageGrid, Logger, PlotOptions, TraceOptions};

/// A folder for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("tapeloop-{}-{}", name, std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn logs() {
    let (c, folder) = (&Context::new().unwrap(), Folder::new("logs"));
    let path = folder.0.join("run.jsonl");
    let log = Logger::json_lines(c, &path, false).unwrap();
    assert_eq!(log.path(), path);
    log.scalar(1, "loss", f64::NAN).unwrap();
    log.text(1, "note", "a \"b\"").unwrap();
    log.histogram(2, "spread", &c.ones(&[3])).unwrap();
    log.flush().unwrap();
    let lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(String::from).collect();
    assert!(lines[0].ends_with("\"loss\": \"NaN\", \"note\": \"a \\\"b\\\"\"}"), "{}", lines[0]);
    assert!(lines[1].contains("\"edges\": [0.5, 1.5], \"counts\": [3]"), "{}", lines[1]);
    refused(c, log.image(3, "x", &c.ones(&[2, 2])), Code::Unsupported, "JSON lines logs hold no images");
    refused(c, log.scalar(3, "a\0b", 1.0), Code::InvalidArgument, "NUL");
    refused(c, log.histogram(3, "x", &c.ones(&[2]).matmul(&c.ones(&[3]))), Code::InvalidArgument, "matmul");
    refused(c, Logger::csv(c, &path, true), Code::Busy, "one writer");
    drop(log);
    refused(c, Logger::csv(c, &path, true), Code::CorruptData, "step and wall_time");
    refused(c, Logger::csv(c, folder.0.join("no/run.csv"), true), Code::NotFound, "No such file");
    let board = Logger::tensorboard(c, folder.0.join("runs/1")).unwrap();
    board.image(1, "x", &c.ones(&[2, 2])).unwrap();
    assert!(fs::metadata(board.path()).unwrap().len() > 100);
    let csv = c.scope(|s| s.keep(Logger::csv(c, folder.0.join("kept.csv"), false).unwrap()));
    csv.scalar(0, "a", 1.0).unwrap();
}

#[test]
fn plots_and_pictures() {
    let (c, folder) = (&Context::new().unwrap(), Folder::new("plots"));
    let plot = PlotOptions::new().log_y(true).smoothing(0.5).build(c, "a < b").unwrap();
    plot.set_labels(Some("x"), None).unwrap();
    refused(c, plot.svg(), Code::FailedPrecondition, "got 0 curves");
    plot.add("one", 0.0, 1.0).unwrap();
    plot.add_many("two", Some(&[0.0, 1.0]), &[10.0, 100.0]).unwrap();
    let svg = plot.svg().unwrap();
    assert!(svg.contains("<title>a &lt; b</title>") && svg.ends_with("</svg>\n"));
    plot.image().write_png(folder.0.join("plot.png")).unwrap();
    assert!(fs::read(folder.0.join("plot.png")).unwrap().starts_with(b"\x89PNG"));
    let fine = PlotOptions::new().width(300).height(200).scale(2).build(c, "").unwrap();
    refused(c, fine.image().check(), Code::FailedPrecondition, "plot_image");
    fine.add("one", 0.0, 1.0).unwrap();
    assert_eq!(fine.image().shape().unwrap(), [400, 600, 3]);
    plot.write_svg(folder.0.join("plot.svg")).unwrap();
    assert_eq!(fs::read_to_string(folder.0.join("plot.svg")).unwrap(), svg);
    refused(c, plot.write_svg(folder.0.join("no/plot.svg")), Code::NotFound, "plot_write_svg");
    refused(c, PlotOptions::new().width(1).build(c, ""), Code::InvalidArgument, "'width'");

    let images = c.ones(&[5, 4, 4]);
    let grid = ImageGrid::new().columns(5).padding(1).scale(2).tensor(&images);
    assert_eq!(grid.shape().unwrap(), [10, 46]);
    grid.write_png(folder.0.join("grid.png")).unwrap();
    assert_eq!(fs::read(folder.0.join("grid.png")).unwrap()[..4], *b"\x89PNG");
    let captions = c.tensor(&[1i32, 2, 3, 4, 5], &[5]).unwrap();
    ImageGrid::new().write_svg(&images, Some(&captions), "digits", folder.0.join("digits.svg")).unwrap();
    assert!(fs::read_to_string(folder.0.join("digits.svg")).unwrap().contains(">5</text>"));
    refused(
        c,
        c.ones(&[2]).write_png(folder.0.join("x.png")),
        Code::InvalidArgument,
        "[write_png] images must be",
    );
    refused(
        c,
        ImageGrid::new().background(2.0).tensor(&images).check(),
        Code::InvalidArgument,
        "'background'",
    );
}

#[test]
fn traces_and_graphs() {
    let (c, folder) = (&Context::new().unwrap(), Folder::new("traces"));
    let model = Dense::new(2).build(c).unwrap();
    let x = c.ones(&[3, 4]);
    let trace = c.trace().unwrap();
    refused(c, c.trace(), Code::FailedPrecondition, "one trace at a time");
    let double =
        FunctionOptions::new().name("double").build(c, |_, inputs| Ok(inputs[0].mul_scalar(2.0))).unwrap();
    {
        let _outer = trace.span("outer").unwrap();
        let tape = c.tape().unwrap();
        let y = model.call(&x, true).sum();
        assert!(tape.dot().unwrap().contains("[label=\"matmul\""));
        tape.gradient(&y, &model.trainable_variables()).unwrap();
        trace.counter("y", y.item().unwrap()).unwrap();
        for _ in 0..2 {
            double.call(&[&x]).unwrap().check().unwrap();
        }
    }
    trace.stop().unwrap();
    assert!(!trace.statistics().unwrap().running);
    refused(c, trace.counter("y", 1.0), Code::FailedPrecondition, "stopped");
    trace.write(folder.0.join("trace.json")).unwrap();
    let text = fs::read_to_string(folder.0.join("trace.json")).unwrap();
    for part in
        ["\"outer\"", "\"gradient\"", "\"matmul\"", "\"recording of 'double'\"", "\"replay of 'double'\""]
    {
        assert!(text.contains(part), "{}", part);
    }
    drop(trace);
    drop(TraceOptions::new().most_events(1).no_details(true).start(c).unwrap());
    assert!(model.dot().unwrap().contains("10 parameters"));
    assert!(double.dot().unwrap().contains("output 0"));
}
