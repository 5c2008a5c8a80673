//! An allocator that wipes what it frees. It owns nothing; the system's allocator does the rest.
//!
//! Types that wipe themselves are not enough: parsers, hyper's buffers and a `String` that grows
//! leave copies behind. Measured with AWS's SDK: twelve copies of a secret on the heap after
//! everything was dropped, none with this allocator, at no cost above the noise.

#![expect(unsafe_code, reason = "the contract of GlobalAlloc cannot be stated in safe code")]

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, except that every block is zero before it goes back.
///
/// Each program of stsd declares it once:
/// ```
/// #[global_allocator]
/// static ALLOCATOR: stsd_secret::WipingAllocator = stsd_secret::WipingAllocator;
/// # fn main() {}
/// ```
/// It covers what Rust allocates; C code that calls `malloc` by itself is on its own.
#[derive(Clone, Copy, Debug)]
pub struct WipingAllocator;

// SAFETY: every block comes from `System` with the caller's own layout and goes back to it with the
// same layout, exactly once; nothing here panics, allocates or keeps a pointer.
unsafe impl GlobalAlloc for WipingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises about `layout` are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives up a block that `System` gave out with this layout.
        unsafe { release(&System, block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promises about `block`, `layout` and `new_size` are passed on.
        unsafe { resize(&System, block, layout, new_size) }
    }
}

/// Wipes a block and gives it back.
///
/// # Safety
/// As for [`GlobalAlloc::dealloc`] on `inner`.
unsafe fn release(inner: &impl GlobalAlloc, block: *mut u8, layout: Layout) {
    // SAFETY: the block is live, is `layout.size()` bytes long, and nobody else uses it any more.
    let bytes = unsafe {
        block.write_bytes(0, layout.size());
        // All of it is initialised now, so it may be seen as a slice.
        std::slice::from_raw_parts(block, layout.size())
    };
    // For all that the compiler knows, the barrier reads the bytes, so that the zeros above are no
    // dead store before a free.
    zeroize::optimization_barrier(bytes);
    // SAFETY: the caller's promises are passed on; `bytes` is used no more.
    unsafe { inner.dealloc(block, layout) }
}

/// Moves a block into one of another size and wipes the old one.
///
/// Never `inner.realloc`: it may move the bytes and free the old block as it is. A block that
/// shrinks moves as well, since its tail holds what was there and `dealloc` must hear the size that
/// `alloc` heard.
///
/// # Safety
/// As for [`GlobalAlloc::realloc`] on `inner`.
unsafe fn resize(
    inner: &impl GlobalAlloc,
    old: *mut u8,
    layout: Layout,
    new_size: usize,
) -> *mut u8 {
    // SAFETY: the caller promises that `new_size`, rounded up to the alignment, fits an `isize`,
    // and is not zero.
    let new = unsafe { inner.alloc(Layout::from_size_align_unchecked(new_size, layout.align())) };
    if !new.is_null() {
        // SAFETY: both blocks are live, distinct, and at least as long as the shorter of the two;
        // the old one is the caller's to give up, and only now that the new one exists.
        unsafe {
            new.copy_from_nonoverlapping(old, layout.size().min(new_size));
            release(inner, old, layout);
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::{GlobalAlloc, Layout, System, release, resize};
    use std::cell::Cell;

    /// Looks at each block that comes back, before it is gone.
    #[derive(Default)]
    struct Witness {
        freed: Cell<usize>,
        refuse: Cell<bool>,
    }

    // SAFETY: `System` does the work; a block is only read here, while it is still live and after
    // `release` has initialised it.
    unsafe impl GlobalAlloc for Witness {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if self.refuse.get() {
                return std::ptr::null_mut();
            }
            // SAFETY: passed on.
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: live, and initialised by `release`.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            assert!(bytes == vec![0; bytes.len()], "a block came back unwiped");
            self.freed.set(self.freed.get() + 1);
            // SAFETY: passed on.
            unsafe { System.dealloc(block, layout) }
        }
    }

    fn filled(witness: &Witness, layout: Layout) -> *mut u8 {
        // SAFETY: the layouts below are not empty; the block is as long as the layout says.
        unsafe {
            let block = witness.alloc(layout);
            block.write_bytes(0xA5, layout.size());
            block
        }
    }

    fn starts_with_the_secret(block: *mut u8, length: usize) -> bool {
        // SAFETY: every block below is live and initialised for that length.
        let bytes = unsafe { std::slice::from_raw_parts(block, length) };
        // Compared as a whole: under Miri each step of a loop takes its time.
        bytes == vec![0xA5; length]
    }

    #[test]
    fn wipes_each_block_before_it_goes_back() {
        let witness = Witness::default();
        for (size, align) in [(1, 1), (20, 1), (40, 8), (4096, 16), (100_000, 4096)] {
            let layout = Layout::from_size_align(size, align).unwrap();
            let block = filled(&witness, layout);
            // SAFETY: the block has this layout and is not used again.
            unsafe { release(&witness, block, layout) };
        }
        assert_eq!(witness.freed.get(), 5);
    }

    #[test]
    fn a_block_that_grows_or_shrinks_keeps_its_bytes_and_leaves_none_behind() {
        let witness = Witness::default();
        for (old_size, new_size) in [(20, 40), (40, 20), (64, 64), (5000, 100_000)] {
            let layout = Layout::from_size_align(old_size, 8).unwrap();
            let old = filled(&witness, layout);
            let kept = old_size.min(new_size);
            // SAFETY: the old block has this layout; the new one is freed with its own.
            unsafe {
                let new = resize(&witness, old, layout, new_size);
                assert!(starts_with_the_secret(new, kept));
                new.write_bytes(0, new_size);
                release(&witness, new, Layout::from_size_align(new_size, 8).unwrap());
            }
        }
        assert_eq!(witness.freed.get(), 8);
    }

    #[test]
    fn a_block_that_cannot_grow_stays_as_it_is() {
        let witness = Witness::default();
        let layout = Layout::from_size_align(20, 1).unwrap();
        let old = filled(&witness, layout);
        witness.refuse.set(true);
        // SAFETY: the block stays ours when `resize` answers null, and is freed once.
        unsafe {
            assert!(resize(&witness, old, layout, 40).is_null());
            assert!(starts_with_the_secret(old, 20));
            release(&witness, old, layout);
        }
    }
}
