//! What a template can see while it is rendered: one user's variables and random numbers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use minijinja::Value;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

/// The index of a variable in [`Slots`]; names are looked up once, when the plan is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlotId(pub u32);

/// The names of all variables of a plan (feeds, vars, captures), each with an index.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    names: Vec<String>,
    ids: HashMap<String, SlotId>,
}

impl Slots {
    /// The index of `name`, a new one when it was never seen.
    pub fn intern(&mut self, name: &str) -> SlotId {
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        let id = SlotId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), id);
        id
    }

    /// The index of `name`, where it has one.
    pub fn find(&self, name: &str) -> Option<SlotId> {
        self.ids.get(name).copied()
    }

    /// The name behind an index.
    pub fn name(&self, id: SlotId) -> &str {
        &self.names[id.0 as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// One virtual user's variables and random numbers. Cheap to clone: clones share their content.
///
/// An unfilled variable is [`Value::UNDEFINED`]; using it is an error, never an empty text.
#[derive(Debug, Clone)]
pub struct Scope {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    slots: Arc<Slots>,
    values: RefCell<Vec<Value>>,
    random: RefCell<Pcg64Mcg>,
}

impl Scope {
    /// An empty scope; `seed` and `stream` (the user's number) decide all its random numbers.
    pub fn new(slots: Arc<Slots>, seed: u64, stream: u64) -> Self {
        let values = RefCell::new(vec![Value::UNDEFINED; slots.len()]);
        Self { inner: Rc::new(Inner { slots, values, random: RefCell::new(generator(seed, stream)) }) }
    }

    /// Goes on with the random numbers of another stream.
    pub fn draw_from(&self, seed: u64, stream: u64) {
        *self.inner.random.borrow_mut() = generator(seed, stream);
    }

    /// The value of a variable; [`Value::UNDEFINED`] while nothing filled it.
    pub fn value(&self, slot: SlotId) -> Value {
        self.inner.values.borrow()[slot.0 as usize].clone()
    }

    /// The value of a variable by its name, for compiled expressions.
    pub fn value_named(&self, name: &str) -> Option<Value> {
        self.inner.slots.find(name).map(|slot| self.value(slot))
    }

    /// Fills a variable.
    pub fn set(&self, slot: SlotId, value: Value) {
        self.inner.values.borrow_mut()[slot.0 as usize] = value;
    }

    /// Empties a variable.
    pub fn clear(&self, slot: SlotId) {
        self.set(slot, Value::UNDEFINED);
    }

    /// All filled variables, by index: what setup hands to the users.
    pub fn filled(&self) -> Vec<(SlotId, Value)> {
        let values = self.inner.values.borrow();
        (0u32..).zip(values.iter()).filter(|(_, value)| !value.is_undefined()).map(|(at, value)| (SlotId(at), value.clone())).collect()
    }

    /// Draws with the user's random numbers. `draw` must not render a template.
    pub fn with_random<T>(&self, draw: impl FnOnce(&mut Pcg64Mcg) -> T) -> T {
        draw(&mut self.inner.random.borrow_mut())
    }
}

/// The stream goes through an odd multiplier, so that neighbouring users don't get neighbouring states.
fn generator(seed: u64, stream: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed ^ stream.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
