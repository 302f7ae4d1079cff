//! Tables that fold into blocks on a phone: nothing is cut, nothing scrolls sideways. Folded, each cell says what it is by its `data-l`.

use leptos::prelude::*;

use crate::erase::{Content, Erase};

/// A column: what stands above it.
#[derive(Clone, Copy, Debug)]
pub enum Column {
    /// Text.
    Text(&'static str),
    /// Numbers.
    Number(&'static str),
    /// Nothing that is seen, since what is in it says what it does.
    Unseen(&'static str),
}

/// The table. Its rows are `tr` of role `row` with cells of role `cell`: folding takes the roles that a table has by itself.
#[component]
pub fn FoldingTable(
    /// The id of the heading that names it.
    named_by: &'static str,
    /// Its columns.
    columns: &'static [Column],
    /// Its rows.
    children: Content,
) -> impl IntoView {
    let heads = columns
        .iter()
        .map(|column| match *column {
            Column::Text(name) => view! { <th role="columnheader" scope="col">{name}</th> }.erase(),
            Column::Number(name) => {
                view! { <th role="columnheader" scope="col" class="num">{name}</th> }.erase()
            }
            Column::Unseen(name) => {
                view! { <th role="columnheader" scope="col"><span class="vh">{name}</span></th> }
                    .erase()
            }
        })
        .collect_view();
    view! {
        <table role="table" class="plain folds" aria-labelledby=named_by>
            <thead role="rowgroup">
                <tr role="row">{heads}</tr>
            </thead>
            <tbody role="rowgroup">{children.build()}</tbody>
        </table>
    }
}
