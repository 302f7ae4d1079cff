//! Writing SVG markup with every attribute and text escaped.

use std::fmt::Write as _;

/// Markup under construction.
#[derive(Debug, Default)]
pub struct Svg {
    out: String,
}

/// Names and values of an element's attributes.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Svg {
    /// An element without content.
    pub fn element(&mut self, name: &str, attributes: Attributes<'_>) {
        self.start(name, attributes);
        self.out.push_str("/>");
    }

    /// Text, unless there is nothing to write.
    pub fn text(&mut self, attributes: Attributes<'_>, text: &str) {
        if text.is_empty() {
            return;
        }
        self.start("text", attributes);
        self.out.push('>');
        escape(&mut self.out, text);
        self.out.push_str("</text>");
    }

    /// What the pointer is told of the element that it is in.
    pub fn title(&mut self, text: &str) {
        self.out.push_str("<title>");
        escape(&mut self.out, text);
        self.out.push_str("</title>");
    }

    /// An element with what `content` writes in it.
    pub fn group(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        content: impl FnOnce(&mut Self),
    ) {
        self.start(name, attributes);
        self.out.push('>');
        content(self);
        let _infallible = write!(self.out, "</{name}>");
    }

    /// The stretched view box that paths are drawn in, `height` pixels high.
    pub fn paths(&mut self, height: &str, content: impl FnOnce(&mut Self)) {
        let attributes = [
            ("viewBox", "0 0 1000 100"),
            ("preserveAspectRatio", "none"),
            ("width", "100%"),
            ("height", height),
            ("overflow", "visible"),
        ];
        self.group("svg", &attributes, content);
    }

    /// A line across the plot at `y` pixels.
    pub fn horizontal(&mut self, class: &str, y: f64) {
        let y = px(y);
        self.element(
            "line",
            &[("class", class), ("x2", "100%"), ("y1", &y), ("y2", &y)],
        );
    }

    /// A line at `at` per cent of the width, from `top` to `bottom` pixels.
    pub fn vertical(&mut self, class: &str, at: f64, top: f64, bottom: f64) {
        let (x, top, bottom) = (percent(at), px(top), px(bottom));
        self.element(
            "line",
            &[
                ("class", class),
                ("x1", &x),
                ("x2", &x),
                ("y1", &top),
                ("y2", &bottom),
            ],
        );
    }

    /// A bar from `x`, `width` wide, both in per cent, `height` pixels high.
    pub fn bar(&mut self, class: &str, (x, width): (f64, f64), y: f64, height: f64) {
        let (x, width, y, height) = (percent(x), percent(width), px(y), px(height));
        self.element(
            "rect",
            &[
                ("class", class),
                ("x", &x),
                ("width", &width),
                ("y", &y),
                ("height", &height),
            ],
        );
    }

    /// A path, unless there is nothing to draw.
    pub fn path(&mut self, class: &str, data: &str) {
        if !data.is_empty() {
            self.element("path", &[("class", class), ("d", data)]);
        }
    }

    /// The markup.
    pub fn finish(self) -> String {
        self.out
    }

    fn start(&mut self, name: &str, attributes: Attributes<'_>) {
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            let _infallible = write!(self.out, " {key}=\"");
            escape(&mut self.out, value);
            self.out.push('"');
        }
    }
}

/// A percentage for an attribute, to a hundredth: a tenth of a pixel on a wide screen.
pub fn percent(value: f64) -> String {
    format!("{}%", crate::format::trimmed(value))
}

/// A length in pixels for an attribute, to a tenth.
pub fn px(value: f64) -> String {
    crate::format::trimmed((value * 10.0).round() / 10.0)
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
