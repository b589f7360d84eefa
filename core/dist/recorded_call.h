// RecordedCall: a collective that a recorded step makes again in each replay, with the same call as the first time, so that it does not
// matter to other ranks whether this one records, replays or runs eagerly.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/dist/courier.h"
#include "core/dist/group.h"
#include "core/tensor/exchange.h"

namespace tl::dist {

// A group's place in recordings, which may outlive it.
class Seat final : public Party {
 public:
  explicit Seat(Group& group) : group_(&group) {}
  void leave(std::string_view why) noexcept override {
    if (group_) group_->leave(why);
  }
  bool is_over() const noexcept override { return !group_; }
  Group* group() const { return group_; }
  void give_up() noexcept { group_ = nullptr; }

 private:
  Group* group_;
};

class RecordedCall final : public Exchange {
 public:
  // `call` with the tensors of the recording, which gave so many results; of a gather, with the rows of all ranks that there is room for.
  RecordedCall(std::shared_ptr<Seat> seat, const char* op, Call call, size_t results);

  const std::string& name() const override { return name_; }
  const std::string& detail() const override { return detail_; }
  const std::shared_ptr<Party>& party() const override { return party_; }
  bool keeps_kinds() const override;
  // Allocates nothing of its own.
  void run(Span<const Tensor* const> in, Tensor* out) override;
  bool can_overlap() const override;
  void start(Span<const Tensor* const> in, Tensor* out) override;
  void finish() override;
  void drop() noexcept override;

 private:
  Group& prepare(Span<const Tensor* const> in, Tensor* out);
  void make(Group& group);

  std::shared_ptr<Seat> seat_;
  std::shared_ptr<Party> party_;
  std::string name_, detail_;
  Call call_;
  bool narrowed_;
  std::vector<const std::byte*> from_;
  std::vector<std::byte*> to_;
  Group* going_ = nullptr;            // whose call has been started
  std::shared_ptr<Courier> courier_;  // that has it; null where none has
  Errand errand_;
};

}  // namespace tl::dist
