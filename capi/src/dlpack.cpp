// DLPack in and out of the C API.
#include "tapeloop/dlpack.h"

#include <atomic>
#include <memory>

#include "capi/src/call.h"
#include "core/io/dlpack.h"
#include "core/tensor/batched.h"
#include "core/tensor/orphan.h"

using namespace tl;
using namespace tl::capi;
namespace dlpack = tl::io::dlpack;

namespace {

// ---- out ----

// A tensor that is lent. Two sides let go of it, in either order and on any threads: the other library by the deleter, and the
// context by its end. As long as the context lives it frees the memory, on its own thread, for its counts are its own; the other
// library frees what it still holds when the context has ended.
struct Loan {
  enum Phase : int { kHome, kLent, kReturned, kOrphaned };
  std::atomic<int> phase{kHome};
  const void* handle = nullptr;  // of the object below; the context's side
  Buffer* orphan = nullptr;
};

// The context's side, behind a handle that nobody sees: it ends by that handle's release, or with the context.
struct Lender {
  Tensor tensor;
  std::shared_ptr<Loan> loan;
  ~Lender() {
    if (loan->phase.load(std::memory_order_acquire) != Loan::kLent) return;
    Buffer* buffer = tensor.node()->buffer;
    loan->orphan = buffer;
    buffer->retain();   // never given up: so the allocator, which ends now, leaves it alone
    tensor = Tensor();  // before the other thread hears of it, which may then free the buffer at once
    if (loan->phase.exchange(Loan::kOrphaned, std::memory_order_acq_rel) != Loan::kLent) {
      loan->phase.store(Loan::kReturned, std::memory_order_relaxed);
      buffer->drop();
    }
  }
};

// What the other library gets: the struct, and what it points to.
template <class Struct>
struct Lent {
  Struct managed{};
  std::shared_ptr<Loan> loan;
  int64_t sizes[kMaxRank] = {}, strides[kMaxRank] = {};
};

void take_back(Loan& loan) {
  if (loan.phase.exchange(Loan::kReturned, std::memory_order_acq_rel) == Loan::kLent)
    release_from_any_thread(loan.handle, Kind::kExport);
  else
    end_orphan(loan.orphan);
}

template <class Struct>
void* lend(Session& session, const Tensor& t, Struct managed) {
  auto lent = std::make_unique<Lent<Struct>>();
  lent->loan = std::make_shared<Loan>();
  int64_t stride = 1;
  for (int axis = t.rank() - 1; axis >= 0; axis--) {
    lent->sizes[axis] = t.shape()[axis];
    lent->strides[axis] = stride;
    stride *= t.shape()[axis];
  }
  lent->managed = managed;
  lent->managed.view = {const_cast<std::byte*>(t.raw()),
                        {1, 0},
                        t.rank(),
                        dlpack::type_of(t.dtype()),
                        lent->sizes,
                        lent->strides,
                        0};
  lent->managed.manager = lent.get();
  lent->managed.deleter = [](Struct* self) {
    std::unique_ptr<Lent<Struct>> all(static_cast<Lent<Struct>*>(self->manager));
    take_back(*all->loan);
  };
  auto* lender = new Lender{t, lent->loan};
  lent->loan->handle = session.make_handle(
      Kind::kExport, lender, [](void* p) { delete static_cast<Lender*>(p); }, false);
  lent->loan->phase.store(Loan::kLent, std::memory_order_release);
  return &lent.release()->managed;
}

// ---- in ----

// What another library lends, to be given back once.
struct Borrowed {
  void* managed;
  bool versioned;
  bool* returned;  // while the call runs that takes it
};

void call_deleter(void* managed, bool versioned) {
  if (versioned) {
    auto* m = static_cast<dlpack::ManagedVersioned*>(managed);
    if (m->deleter) m->deleter(m);
  } else {
    auto* m = static_cast<dlpack::Managed*>(managed);
    if (m->deleter) m->deleter(m);
  }
}

void give_back(void* user_data) {
  const std::unique_ptr<Borrowed> b(static_cast<Borrowed*>(user_data));
  if (b->returned) *b->returned = true;
  call_deleter(b->managed, b->versioned);
}

const dlpack::View& view_of(const char* op, const Borrowed& b) {
  if (!b.versioned) return static_cast<dlpack::Managed*>(b.managed)->view;
  const auto* managed = static_cast<dlpack::ManagedVersioned*>(b.managed);
  if (managed->version.major != dlpack::kVersion.major)
    fail(Code::kUnsupported, "[", op, "] the tensor lent must be of version ", dlpack::kVersion.major,
         " of DLPack: got ", managed->version.major, ".", managed->version.minor, "; ask for that version");
  return managed->view;
}

}  // namespace

extern "C" {

TL_API void* tl_tensor_to_dlpack(tl_tensor* tensor, bool versioned) {
  const char* op = "tensor_to_dlpack";
  void* out = nullptr;
  (void)guarded(tensor, Kind::kTensor, op, When::kNotFailed, [&](Session& s) {
    const Tensor& t = peek_tensor(s, tensor, op, "tensor");
    check_readable(op, t);
    s.core().note_host_read(t, op);
    if (versioned) {
      dlpack::ManagedVersioned managed{};
      managed.version = dlpack::kVersion;
      managed.flags = dlpack::kReadOnly;
      out = lend(s, t, managed);
    } else {
      out = lend(s, t, dlpack::Managed{});
    }
  });
  return out;
}

TL_API tl_tensor* tl_tensor_from_dlpack(tl_context* context, void* managed, bool versioned) {
  const char* op = "tensor_from_dlpack";
  Entered inside(context);  // the deleter, when it comes after a failure, cannot end the context either
  bool returned = false;
  Borrowed* borrowed = managed ? new (std::nothrow) Borrowed{managed, versioned, &returned} : nullptr;
  tl_tensor* out = make(context, op, [&](Session& s) {
    if (!managed)
      invalid("[", op, "] 'managed' must be a tensor that is lent: got NULL; did the other library fail?");
    if (!borrowed) throw std::bad_alloc();
    s.reserve_handles(1);
    Tensor t = dlpack::import_view(s.core(), op, view_of(op, *borrowed), give_back, borrowed);
    s.core().note_host_data(t);
    tl_tensor* handle = s.make_tensor(std::move(t));
    if (!returned) borrowed->returned = nullptr;  // from here on the tensor gives it back
    return handle;
  });
  if (out || !managed || returned) return out;
  if (borrowed)
    give_back(borrowed);
  else
    call_deleter(managed, versioned);
  return nullptr;
}

}  // extern "C"
