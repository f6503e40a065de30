//! Handlers held against the types of the route they answer.
//!
//! A handler's arguments are extractors in any order. [`Takes`] says that one of them is what the route wants: the caller
//! for whom it is, the id in its path, its body. Which place that one has (`I`) is found by the compiler.

use shotengai_contracts::api::{Administrator, Anyone, Customer, Internal, LinkHolder};

use super::{AdminCaller, Caller, InternalCaller, JsonBody, OptionalBody, PathId, Problem};

/// The id of a path, as a route wants it.
#[derive(Debug)]
pub enum Id<P> {
    #[doc(hidden)]
    Never(std::convert::Infallible, std::marker::PhantomData<P>),
}

/// The body, as a route wants it.
#[derive(Debug)]
pub enum Sent<B> {
    #[doc(hidden)]
    Never(std::convert::Infallible, std::marker::PhantomData<B>),
}

/// Arguments among which there is what `T` stands for.
#[diagnostic::on_unimplemented(
    message = "the handler doesn't take what its route says: {T}",
    note = "`Customer` is a `Caller`, `LinkHolder` a `Result<Caller, Problem>`, `Administrator` an `AdminCaller`, `Internal` an `InternalCaller`, `Id<P>` a `PathId<P>`, \
            `Sent<B>` a `JsonBody<B>`"
)]
pub trait Takes<T, I> {}

/// Nothing has to be there.
#[derive(Debug)]
pub enum Nowhere {}

impl<Args> Takes<Anyone, Nowhere> for Args {}
impl<Args> Takes<Id<()>, Nowhere> for Args {}
impl<Args> Takes<Sent<()>, Nowhere> for Args {}

macro_rules! takes {
    ($place:ident [$($before:ident)*] [$($after:ident)*]) => {
        impl<$($before,)* $($after,)*> Takes<Customer, $place> for ($($before,)* Caller, $($after,)*) {}
        impl<$($before,)* $($after,)*> Takes<Administrator, $place> for ($($before,)* AdminCaller, $($after,)*) {}
        impl<$($before,)* $($after,)*> Takes<Internal, $place> for ($($before,)* InternalCaller, $($after,)*) {}
        impl<$($before,)* $($after,)*> Takes<LinkHolder, $place> for ($($before,)* Result<Caller, Problem>, $($after,)*) {}
        impl<P, $($before,)* $($after,)*> Takes<Id<P>, $place> for ($($before,)* PathId<P>, $($after,)*) {}
        impl<B, $($before,)* $($after,)*> Takes<Sent<B>, $place> for ($($before,)* JsonBody<B>, $($after,)*) {}
        impl<B, $($before,)* $($after,)*> Takes<Sent<B>, $place> for ($($before,)* OptionalBody<B>, $($after,)*) {}
    };
}

/// A place with any number of arguments behind it.
macro_rules! behind {
    ($place:ident $before:tt [$($after:ident)*]) => {
        takes!($place $before [$($after)*]);
        behind!(@less $place $before [$($after)*]);
    };
    (@less $place:ident $before:tt []) => {};
    (@less $place:ident $before:tt [$first:ident $($rest:ident)*]) => {
        behind!($place $before [$($rest)*]);
    };
}

/// Every place.
macro_rules! places {
    ([$($before:ident)*] [$place:ident] []) => {
        behind!($place [$($before)*] []);
    };
    ([$($before:ident)*] [$place:ident $($places:ident)+] [$next:ident $($after:ident)*]) => {
        /// A place among a handler's arguments.
        #[derive(Debug)]
        pub enum $place {}
        behind!($place [$($before)*] [$next $($after)*]);
        places!([$($before)* $next] [$($places)+] [$($after)*]);
    };
}

/// The last place.
#[derive(Debug)]
pub enum Eighth {}

places!([] [First Second Third Fourth Fifth Sixth Seventh Eighth] [A1 A2 A3 A4 A5 A6 A7]);
