// Feeds of the C API.
#include "tapeloop/feed.h"

#include <cmath>

#include "capi/src/call.h"
#include "core/data/feed.h"

using namespace tl;
using namespace tl::capi;

namespace {

// What stands behind a tl_feed: a feed, and the handles of the batch that was given out last.
class FeedObject {
 public:
  FeedObject(Session& session, std::vector<data::FeedTensor> tensors)
      : session_(session), feed_(session.core(), std::move(tensors)) {
    handles_.reserve(width());
    room_.resize(width());
  }
  ~FeedObject() { release_batch(); }
  FeedObject(const FeedObject&) = delete;
  FeedObject& operator=(const FeedObject&) = delete;

  void belong_to(const tl_feed* handle) { handle_ = handle; }
  data::Feed& feed() { return feed_; }
  size_t width() const { return feed_.slots()->tensors().size(); }

  bool next(tl_tensor** out) {
    release_batch();
    session_.reserve_handles(width());
    uint32_t index;
    if (!feed_.next({room_.data(), room_.size()}, [&] { return !find(handle_, &index); })) return false;
    for (size_t i = 0; i < room_.size(); i++) {
      out[i] = session_.make_tensor(std::move(room_[i]), false);
      handles_.push_back(out[i]);
    }
    return true;
  }

 private:
  // The caller may have released a handle before: the session passes over those.
  void release_batch() {
    for (tl_tensor* handle : handles_) session_.release(handle);
    handles_.clear();
  }

  Session& session_;
  const tl_feed* handle_ = nullptr;  // its own
  data::Feed feed_;
  std::vector<tl_tensor*> handles_;
  std::vector<Tensor> room_;
};

// The producer's half of a live feed, or null. It does not end while it is held.
std::shared_ptr<data::FeedSlots> slots_of(tl_feed* feed) noexcept {
  std::shared_ptr<data::FeedSlots> slots;
  visit_from_any_thread(feed, Kind::kFeed,
                        [&](void* object) { slots = static_cast<FeedObject*>(object)->feed().slots(); });
  return slots;
}

// The producer's word that it writes no more, to a feed that is not live: of one that has ended while a batch was begun, the memory
// has waited for it.
tl_status drop_begun(tl_feed* feed) noexcept {
  const auto slots = std::static_pointer_cast<data::FeedSlots>(Remains::of(feed));
  if (!slots) return TL_INVALID_ARGUMENT;
  slots->finish();
  return TL_CANCELLED;
}

}  // namespace

extern "C" {

TL_API tl_feed* tl_feed_new(tl_context* context, tl_tensor* const* like, size_t count) {
  return make(context, "feed_new", [&](Session& s) {
    constexpr const char* name = "feed_new";
    check_list(name, "like", like, count);
    std::vector<data::FeedTensor> tensors;
    for (size_t i = 0; i < count; i++) {
      const Tensor& t = peek_tensor(s, like[i], name, {"like", i});
      tensors.push_back({t.dtype(), t.shape()});
    }
    auto object = std::make_unique<FeedObject>(s, std::move(tensors));
    const std::shared_ptr<data::FeedSlots> slots = object->feed().slots();
    auto remains = std::make_shared<Remains>(slots);
    slots->keep_with(remains);
    FeedObject& made = *object;
    tl_feed* feed = make_object<tl_feed>(s, Kind::kFeed, object.release());
    made.belong_to(feed);
    remains->belong_to(feed);
    return feed;
  });
}

TL_API tl_status tl_feed_begin(tl_feed* feed) {
  const auto slots = slots_of(feed);
  return slots ? status_of(slots->begin()) : TL_INVALID_ARGUMENT;
}

TL_API void* tl_feed_memory(tl_feed* feed, size_t position, size_t* bytes) {
  if (bytes) *bytes = 0;
  const auto slots = slots_of(feed);
  return slots ? slots->memory(position, bytes) : nullptr;
}

TL_API tl_status tl_feed_commit(tl_feed* feed, int64_t rows) {
  const auto slots = slots_of(feed);
  return slots ? status_of(slots->commit(rows)) : drop_begun(feed);
}

TL_API tl_status tl_feed_finish(tl_feed* feed) {
  const auto slots = slots_of(feed);
  return slots ? status_of(slots->finish()) : drop_begun(feed);
}

TL_API bool tl_feed_next(tl_feed* feed, tl_tensor** tensors, size_t count) {
  for (size_t i = 0; tensors && count <= kMostHandles && i < count; i++) tensors[i] = nullptr;
  bool more = false;
  effect<FeedObject>(feed, Kind::kFeed, "feed_next", [&](Session&, FeedObject& f) {
    check_list("feed_next", "tensors", tensors, count);
    if (count != f.width())
      invalid("[feed_next] there must be room for each tensor of a batch: got ", count, " entries for ",
              f.width(), " tensors; give as many as the feed was made with");
    more = f.next(tensors);
  });
  return more;
}

TL_API double tl_feed_waited(tl_feed* feed) {
  double out = std::nan("");
  query<FeedObject>(feed, Kind::kFeed, "feed_waited",
                    [&](Session&, FeedObject& f) { out = f.feed().waited(); });
  return out;
}

TL_API tl_feed* tl_feed_keep(tl_feed* feed) { return keep(feed, Kind::kFeed, "feed_keep") ? feed : nullptr; }
TL_API void tl_feed_release(tl_feed* feed) { release_from_any_thread(feed, Kind::kFeed); }

}  // extern "C"
