//! Views whose type ends here.
//!
//! `into_any` keeps six functions of every view it erases, one of which hydrates a page whose parts are loaded later. Inquest has no
//! such pages, and that function alone is a sixth of the WebAssembly. [`Erase::erase`] is `into_any` without it.

use leptos::{
    children::{ChildrenOptContainer, ToChildren},
    prelude::*,
    tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute},
        hydration::Cursor,
        ssr::StreamBuilder,
        view::{Position, PositionState, add_attr::AddAnyAttr},
    },
};

/// Ends the type of a view: use it where branches differ, and once for each row or panel, to keep types and the download small.
pub trait Erase {
    /// The same view, its type forgotten.
    fn erase(self) -> AnyView;
}

impl<T: IntoView + 'static> Erase for T {
    fn erase(self) -> AnyView {
        Whole(self).into_any()
    }
}

/// The children of a component, their type forgotten.
pub struct Content(Box<dyn FnOnce() -> AnyView + Send>);

impl Content {
    /// Makes them.
    pub fn build(self) -> AnyView {
        (self.0)()
    }
}

impl<F, T> ToChildren<F> for Content
where
    F: FnOnce() -> T + Send + 'static,
    T: IntoView + 'static,
{
    fn to_children(make: F) -> Self {
        Self(Box::new(move || make().erase()))
    }
}

impl<T: IntoView + 'static> ToChildren<ChildrenOptContainer<T>> for Content {
    fn to_children(only: ChildrenOptContainer<T>) -> Self {
        Self(Box::new(move || only.0.erase()))
    }
}

/// A view that hydrates in one go: all as the view in it, but for [`RenderHtml::hydrate_async`], which only lazy pages call.
struct Whole<T>(T);

impl<T: Render> Render for Whole<T> {
    type State = T::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

impl<T: RenderHtml> RenderHtml for Whole<T> {
    type AsyncOutput = T::AsyncOutput;
    type Owned = Whole<T::Owned>;

    const MIN_LENGTH: usize = T::MIN_LENGTH;
    const EXISTS: bool = T::EXISTS;

    fn dry_resolve(&mut self) {
        self.0.dry_resolve();
    }

    fn resolve(self) -> impl Future<Output = Self::AsyncOutput> + Send {
        self.0.resolve()
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0
            .to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buf: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) where
        Self: Sized,
    {
        self.0.to_html_async_with_buf::<OUT_OF_ORDER>(
            buf,
            position,
            escape,
            mark_branches,
            extra_attrs,
        );
    }

    fn hydrate<const FROM_SERVER: bool>(
        self,
        cursor: &Cursor,
        position: &PositionState,
    ) -> Self::State {
        self.0.hydrate::<FROM_SERVER>(cursor, position)
    }

    fn hydrate_async(
        self,
        _cursor: &Cursor,
        _position: &PositionState,
    ) -> impl Future<Output = Self::State> {
        std::future::poll_fn(|_| unreachable!("no page is loaded lazily"))
    }

    fn into_owned(self) -> Self::Owned {
        Whole(self.0.into_owned())
    }
}

impl<T: AddAnyAttr> AddAnyAttr for Whole<T> {
    type Output<A: Attribute> = Whole<T::Output<A>>;

    fn add_any_attr<A: Attribute>(self, attr: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        Whole(self.0.add_any_attr(attr))
    }
}
