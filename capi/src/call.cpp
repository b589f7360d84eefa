#include "capi/src/call.h"

#include <algorithm>
#include <cstring>

#include "core/tensor/batched.h"

namespace tl::capi {
namespace {

constexpr size_t kMostStructBytes = 4096;  // anything larger is no struct_size

bool is_of(Kind kind, const Slot& slot) {
  return slot.kind == kind || (kind == Kind::kTensor && slot.kind == Kind::kVariable);
}

const char* article(const char* noun) { return std::strchr("aeiou", noun[0]) ? "an " : "a "; }

// The rest of a message about a handle that is not live.
std::string not_live_hint(const void* handle, Kind kind) {
  if (!looks_like_handle(handle))
    return " is not a live handle: got a value that no call has returned; it was never set, or the call that "
           "should have made "
           "it failed";
  std::string text =
      " is not a live handle: got one that was released, or whose scope or context has ended; ";
  if (kind == Kind::kContext) return text + "use it before context_free";
  bool tensor = kind == Kind::kTensor || kind == Kind::kVariable;
  const char* of = kind == Kind::kProgress ? "progress" : name_of(kind);  // the name of its functions
  return concat(text, tensor ? "" : of, tensor ? "" : "_", "keep moves it one scope out");
}

std::string described(Operand operand) {
  if (operand.index == Operand::kSingle) return concat("'", operand.name, "'");
  return concat("'", operand.name, "[", operand.index, "]'");
}

[[noreturn]] void not_live(Session& session, const void* handle, const char* op, Operand operand,
                           Kind want_kind) {
  const char* want = name_of(want_kind);
  const std::string name = described(operand);
  if (!handle)
    invalid(
        "[", op, "] ", name, " must be ", article(want), want,
        want_kind == Kind::kTensor
            ? ": got NULL; it was never made, the call that should have made it failed, or it is a gradient "
              "that is not there (tape_explain says why)"
            : ": got NULL; it was never made, or the call that should have made it failed");
  uint32_t index;
  Slot* slot = find(handle, &index);
  if (!slot) invalid("[", op, "] ", name, not_live_hint(handle, want_kind));
  const Kind kind = slot->kind;
  const std::string rule = concat("[", op, "] ", name, " must be ", article(want), want,
                                  want_kind == Kind::kContext ? ": got " : " of this context: got ",
                                  article(name_of(kind)), name_of(kind));
  if (slot->context.load(std::memory_order_relaxed) != session.own_slot())
    invalid(rule, " of another context; copy its data over, or make it in this context");
  if (kind == Kind::kTensor && want_kind == Kind::kVariable)
    invalid(rule, " that is no variable; make one with variable_new");
  invalid(rule, "; are the arguments in order?");
}

Slot* own_slot_of(Session& session, const void* handle) {
  uint32_t index;
  Slot* slot = find(handle, &index);
  return slot && slot->context.load(std::memory_order_relaxed) == session.own_slot() ? slot : nullptr;
}

}  // namespace

const Tensor& tensor_of(Session& session, const tl_tensor* handle, const char* op, Operand operand) {
  if (Slot* slot = own_slot_of(session, handle)) {
    if (slot->kind == Kind::kTensor) return slot->tensor;
    if (slot->kind == Kind::kVariable) return static_cast<Variable*>(slot->object)->read();
  }
  not_live(session, handle, op, operand, Kind::kTensor);
}

Tensor apart_tensor_of(Session& session, const tl_tensor* handle, const char* op, Operand operand) {
  if (is_variable(handle)) return variable_of(session, handle, op, operand).read_apart();
  return tensor_of(session, handle, op, operand);
}

const Tensor& peek_tensor(Session& session, const tl_tensor* handle, const char* op, Operand operand) {
  if (Slot* slot = own_slot_of(session, handle)) {
    if (slot->kind == Kind::kTensor) return slot->tensor;
    if (slot->kind == Kind::kVariable) return static_cast<Variable*>(slot->object)->peek();
  }
  not_live(session, handle, op, operand, Kind::kTensor);
}

const Tensor& host_readable(Session& session, const tl_tensor* handle, const char* op, Operand operand) {
  const Tensor& t = peek_tensor(session, handle, op, operand);
  check_readable(op, t);
  session.core().note_host_read(t, op);
  return t;
}

Variable& variable_of(Session& session, const tl_tensor* handle, const char* op, Operand operand) {
  Slot* slot = own_slot_of(session, handle);
  if (slot && slot->kind == Kind::kVariable) return *static_cast<Variable*>(slot->object);
  not_live(session, handle, op, operand, Kind::kVariable);
}

bool is_variable(const tl_tensor* handle) {
  uint32_t index;
  Slot* slot = find(handle, &index);
  return slot && slot->kind == Kind::kVariable;
}

void* object_of(Session& session, const void* handle, Kind kind, const char* op, Operand operand) {
  Slot* slot = own_slot_of(session, handle);
  if (!slot || slot->kind != kind) not_live(session, handle, op, operand, kind);
  return slot->object;
}

Code refuse(const Entered& entered, const void* handle, Kind want, const char* op) noexcept {
  if (entered.code() == Code::kBusy || !handle) return entered.code();
  const char* wanted = name_of(want);
  try {
    if (entered) {
      const char* got = name_of(entered.slot().kind);
      entered.session().keep_error(Code::kInvalidArgument,
                                   concat("[", op, "] the first argument must be ", article(wanted), wanted,
                                          ": got ", article(got), got, "; are the arguments in order?")
                                       .c_str());
      return Code::kInvalidArgument;
    }
    return blame(handle, concat("[", op, "] the ", wanted, not_live_hint(handle, want)).c_str());
  } catch (...) {  // no memory for the text
    return entered ? Code::kInvalidArgument : blame(handle, "a handle that is not live was used");
  }
}

bool keep(const void* handle, Kind kind, const char* op) noexcept {
  Entered entered(handle);
  if (!entered || !is_of(kind, entered.slot())) {
    (void)refuse(entered, handle, kind, op);
    return false;
  }
  entered.session().keep(entered.index());
  return true;
}

void check_list(const char* op, const char* name, const void* list, size_t count) {
  if (count > kMostHandles)
    invalid("[", op, "] a list has at most ", kMostHandles, " entries: got ", count, " of '", name,
            "'; was a negative number converted?");
  if (count && !list)
    invalid("[", op, "] '", name, "' must not be NULL: got NULL with a count of ", count, "; pass the list");
}

void check_buffer(const char* op, const char* name, const void* buffer, size_t capacity) {
  if (capacity && !buffer)
    invalid("[", op, "] '", name, "' must not be NULL: got NULL with a capacity of ", capacity,
            "; a capacity of 0 gives the length alone");
}

void copy_text(const std::string& text, char* buffer, size_t capacity, size_t* length) {
  if (length) *length = text.size();
  if (!capacity) return;
  const size_t n = std::min(text.size(), capacity - 1);
  std::memcpy(buffer, text.data(), n);
  buffer[n] = '\0';
}

size_t checked_struct_size(const char* op, const char* type, const void* statistics, const char* name) {
  if (!statistics) invalid("[", op, "] '", name, "' must not be NULL: got NULL; pass a ", type, " to fill");
  size_t size;
  std::memcpy(&size, statistics, sizeof size);
  if (size < sizeof size || size > kMostStructBytes)
    invalid("[", op, "] 'struct_size' must be that of the struct: got ", size, "; set it to sizeof(", type,
            ")");
  return size;
}

IntList int_list(const char* op, const char* name, const int64_t* values, size_t count) {
  if (count == 0) return IntList();
  check_list(op, name, values, count);
  if (count > kMaxRank)
    invalid("[", op, "] '", name, "' has at most ", kMaxRank, " entries: got ", count,
            "; a tensor has no more axes");
  return IntList(Span<const int64_t>(values, count));
}

DType checked_dtype(const char* op, tl_dtype dtype) {
  if (!is_known(static_cast<DType>(dtype)))
    invalid("[", op, "] 'dtype' must be one of f32 (1), f64 (2), i32 (3), i64 (4), u8 (5), bool (6): got ",
            dtype, "; are the arguments in order?");
  return static_cast<DType>(dtype);
}

Shape shape_from(const char* op, const int64_t* dims, size_t rank, DType dtype) {
  check_list(op, "dims", dims, rank);
  return checked_shape(op, Span<const int64_t>(dims, rank), size_of(dtype));
}

const char* checked_text(const char* op, const char* name, const char* text) {
  if (!text)
    invalid("[", op, "] '", name, "' must not be NULL: got NULL; pass a text that ends with a zero byte");
  return text;
}

bool clear_options(void* options, size_t struct_size) noexcept {
  if (!options || struct_size < sizeof struct_size) return false;
  const size_t kept = struct_size > kMostStructBytes ? 0 : struct_size;
  if (kept) std::memset(options, 0, kept);
  std::memcpy(options, &kept, sizeof kept);
  return kept != 0;
}

void copy_options(const char* op, const void* from, void* to, size_t known_size) {
  if (!from) return;
  size_t size;
  std::memcpy(&size, from, sizeof size);
  if (size < sizeof(size_t) || size > kMostStructBytes)
    invalid("[", op, "] the options' 'struct_size' must be that of the struct: got ", size,
            "; fill the struct with its _init function first");
  auto bytes = static_cast<const unsigned char*>(from);
  for (size_t i = known_size; i < size; i++)
    if (bytes[i] != 0)
      fail(Code::kUnsupported, "[", op, "] the options must not use what this version of the library, ",
           TL_VERSION_MAJOR, ".", TL_VERSION_MINOR, ", does not know: got a field at byte ", i,
           "; load a newer one");
  std::memcpy(to, from, std::min(size, known_size));
  std::memcpy(to, &known_size, sizeof known_size);
}

void OpCallFrame::add_all(const tl_tensor* const* handles, size_t count, const char* name) {
  check_list(op_, name, handles, count);
  for (size_t i = 0; i < count; i++) add(handles[i], {name, i});
}

void OpCallFrame::spill() { many_.assign(inline_, inline_ + kInline); }

std::vector<Tensor> OpCallFrame::from(size_t first) const {
  std::vector<Tensor> out;
  for (size_t i = first; i < count_; i++) out.push_back(in(i));
  return out;
}

}  // namespace tl::capi
