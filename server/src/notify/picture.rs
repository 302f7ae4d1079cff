//! A small chart for mail: mail programs show neither SVG nor what they would have to load. It has no text in it, and so needs no font:
//! what it shows is said beside it.

use tiny_skia::{
    Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};

/// Pixels, two for each that is shown, so that it is sharp on any screen.
const WIDTH: u32 = 1_120;
const HEIGHT: u32 = 280;
/// How wide it is shown.
pub(super) const SHOWN_WIDTH: u32 = WIDTH / 2;
/// How high it is shown.
pub(super) const SHOWN_HEIGHT: u32 = HEIGHT / 2;
/// Lines across, without the one at the bottom.
const GRID: u32 = 4;
/// Kept free above and below, so that no line is cut.
const MARGIN: f32 = 4.0;

/// The colours of the light pages: mail has a white ground.
const GROUND: Color = Color::WHITE;
const SERIES: [u8; 3] = [0x0b, 0x6e, 0x66];
const LINE: [u8; 3] = [0x16, 0x18, 0x1d];
const HAIR: [u8; 3] = [0xe3, 0xe5, 0xe9];

/// What an alert looked at, up to the moment that is told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// What is seen, in a sentence.
    pub words: String,
    /// The highest value of each step; `None` where nothing was seen.
    pub values: Vec<Option<f64>>,
    /// The value at the upper edge.
    pub top: f64,
    /// The threshold.
    pub line: Option<f64>,
}

impl Picture {
    /// The chart as PNG; `None` when there is nothing to draw.
    pub fn png(&self) -> Option<Vec<u8>> {
        self.values.iter().flatten().next()?;
        let mut pixmap = Pixmap::new(WIDTH, HEIGHT)?;
        pixmap.fill(GROUND);
        for step in 0..=GRID {
            let y = self.y(self.top * f64::from(step) / f64::from(GRID));
            let hair = Rect::from_xywh(0.0, y, WIDTH as f32, 2.0)?;
            pixmap.fill_rect(hair, &paint(HAIR, 255), Transform::identity(), None);
        }
        for stretch in self.stretches() {
            if let Some(area) = self.area(&stretch) {
                let shade = paint(SERIES, 26);
                pixmap.fill_path(
                    &area,
                    &shade,
                    FillRule::Winding,
                    Transform::identity(),
                    None,
                );
            }
            if let Some(line) = path(&stretch) {
                stroke(
                    &mut pixmap,
                    &line,
                    SERIES,
                    &Stroke {
                        width: 3.0,
                        ..Stroke::default()
                    },
                );
            }
        }
        if let Some(line) = self.line {
            let y = self.y(line);
            let dashed = Stroke {
                width: 3.0,
                dash: StrokeDash::new(vec![12.0, 6.0], 0.0),
                ..Stroke::default()
            };
            stroke(
                &mut pixmap,
                &path(&[(0.0, y), (WIDTH as f32, y)])?,
                LINE,
                &dashed,
            );
        }
        pixmap.encode_png().ok()
    }

    /// Where a value is.
    fn y(&self, value: f64) -> f32 {
        let share = (value / self.top.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0) as f32;
        MARGIN + (1.0 - share) * (HEIGHT as f32 - 2.0 * MARGIN)
    }

    /// Points of what was seen without a gap. One that stands alone is drawn as wide as its step.
    fn stretches(&self) -> Vec<Vec<(f32, f32)>> {
        let step = WIDTH as f32 / self.values.len().max(1) as f32;
        let mut stretches = Vec::new();
        let mut open = Vec::new();
        for (index, value) in self.values.iter().enumerate() {
            match value {
                Some(value) => {
                    let (x, y) = (index as f32 * step, self.y(*value));
                    if open.is_empty() {
                        open.push((x, y));
                    }
                    open.push((x + step, y));
                }
                None if open.is_empty() => {}
                None => stretches.push(std::mem::take(&mut open)),
            }
        }
        if !open.is_empty() {
            stretches.push(open);
        }
        stretches
    }

    /// What lies below a stretch.
    fn area(&self, stretch: &[(f32, f32)]) -> Option<Path> {
        let (first, last) = (stretch.first()?, stretch.last()?);
        let bottom = self.y(0.0);
        let mut outline = stretch.to_vec();
        outline.extend([(last.0, bottom), (first.0, bottom)]);
        path(&outline)
    }
}

fn path(points: &[(f32, f32)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (index, (x, y)) in points.iter().enumerate() {
        if index == 0 {
            path.move_to(*x, *y);
        } else {
            path.line_to(*x, *y);
        }
    }
    path.finish()
}

fn stroke(pixmap: &mut Pixmap, path: &Path, colour: [u8; 3], stroke: &Stroke) {
    pixmap.stroke_path(
        path,
        &paint(colour, 255),
        stroke,
        Transform::identity(),
        None,
    );
}

fn paint([red, green, blue]: [u8; 3], alpha: u8) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, alpha);
    paint
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(values: Vec<Option<f64>>) -> Picture {
        Picture {
            words: "Memory".to_owned(),
            values,
            top: 1.0,
            line: Some(0.9),
        }
    }

    /// The colour at a place of the picture, in shares of its width and of its values.
    fn at(pixmap: &Pixmap, x: f32, value: f32) -> [u8; 3] {
        let y = MARGIN + (1.0 - value) * (HEIGHT as f32 - 2.0 * MARGIN);
        let pixel = pixmap
            .pixel((x * WIDTH as f32) as u32, y as u32)
            .expect("is in it");
        [pixel.red(), pixel.green(), pixel.blue()]
    }

    #[test]
    fn it_shows_the_course_the_threshold_and_the_gap() {
        let mut values = vec![Some(0.5); 30];
        values.extend(vec![None; 30]);
        values.extend(vec![Some(0.95); 30]);
        let png = picture(values).png().expect("is drawn");
        let drawn = Pixmap::decode_png(&png).expect("is one");
        assert_eq!((drawn.width(), drawn.height()), (WIDTH, HEIGHT));
        assert_eq!(at(&drawn, 0.1, 0.5), SERIES);
        assert_ne!(at(&drawn, 0.1, 0.3), [255; 3], "the area is shaded");
        assert_eq!(at(&drawn, 0.5, 0.6), [255; 3], "a gap is not bridged");
        assert_eq!(at(&drawn, 0.9, 0.95), SERIES);
        let threshold = (0..40).any(|x| at(&drawn, 0.4 + x as f32 / 1_000.0, 0.9) == LINE);
        assert!(threshold, "dashes");
        assert!(png.len() < 20_000, "{} bytes in every mail", png.len());
    }

    #[test]
    fn without_a_value_there_is_none() {
        assert_eq!(picture(vec![None; 10]).png(), None);
        assert_eq!(picture(Vec::new()).png(), None);
    }
}
