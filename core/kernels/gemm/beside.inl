// What a tile does beside its sums: a piece of something else every few terms, for which the units that multiply need not wait. In one go,
// or between tiles, it would take what it takes. Included by micro_kernels.inl.

// Kinds of work, which go together as flags.
enum Beside { kNothing = 0, kRowsOfB = 1, kRowsOfA = 2, kStep = 4, kKindsOfWork = 8 };

// Rows of a panel of B to copy, one with the first of each 1 + gap terms. B is not packed yet: nothing else is asked for meanwhile.
template <class T>
struct PanelCopies {
  int64_t rows = 0, gap = 0;
  const T* from = nullptr;
  int64_t stride = 0;
  T* to = nullptr;
};

// Pieces of the A of another block to copy, likewise, each of the rows of a tile. They come in runs; `next`: from the first of them to the
// first that another tile copies, which are asked for.
template <class T>
struct RowCopies {
  int64_t pieces, gap;
  const T* from;
  T* to;
  int64_t of_run, to_step;  // pieces of a run, and to the next one of it; they are read one behind the other
  int64_t from_jump, to_jump;  // to the first one of the next run
  int64_t next;
};

// Vectors of a variable to take Adam's step on, likewise. They lie one behind the other, and so do those of the next tile.
template <class T>
struct AdamBeside {
  int64_t vectors, gap;
  const AdamRectangle<T>* rectangle;
  const T* gradient;
  int64_t at, next;
};
