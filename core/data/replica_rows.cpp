// Replica rows: of each element, which is a batch for all replicas, the rows of one of them; views of its memory.
#include "core/base/error.h"
#include "core/base/parts.h"
#include "core/data/dataset.h"

namespace tl::data {
namespace {

struct Replica {
  int64_t rank, size;
};

void cut(const Replica& replica, Element& element) {
  for (size_t i = 0; i < element.size(); i++) {
    const Shape& shape = element[i].shape;
    if (shape.rank() == 0 || shape[0] != element[0].shape[0])
      invalid("[dataset_replica_rows] the tensors of a batch must have a first axis of one size: got ",
              element[0].shape, " and ", shape, " at position ", i, "; distribute a dataset of batches");
  }
  const Part part = part_of(element[0].shape[0], replica.rank, replica.size);
  for (Value& v : element) {
    v.shape[0] = 1;
    const size_t row = v.bytes();
    v.shape[0] = part.count;
    v.memory = std::shared_ptr<const std::byte>(v.memory, v.raw() + static_cast<size_t>(part.first) * row);
  }
}

class ReplicaRowsStage : public Decorator {
 public:
  ReplicaRowsStage(std::unique_ptr<Stage> source, Replica replica)
      : Decorator(std::move(source)), replica_(replica) {}
  bool next(Element& out) override {
    if (!source_->next(out)) return false;
    cut(replica_, out);
    return true;
  }
  int64_t skip(int64_t count) override { return source_->skip(count); }
  void save(Position& out) const override {
    put_tag(out, Tag::kReplicaRows);
    Decorator::save(out);
  }
  void restore(PositionReader& in) override {
    get_tag(in, Tag::kReplicaRows);
    Decorator::restore(in);
  }

 private:
  const Replica replica_;
};

class ReplicaRows : public Dataset {
 public:
  ReplicaRows(DatasetPtr source, Replica replica) : Dataset({std::move(source)}), replica_(replica) {}
  int64_t size() const override { return source().size(); }
  size_t width() const override { return source().width(); }
  std::unique_ptr<Stage> open(const Control& control) const override {
    return std::make_unique<ReplicaRowsStage>(source().open(control), replica_);
  }
  // A place is that of all replicas: another one, or another number of them, may go on there.
  Settings settings() const override { return {"replica rows", {}}; }

 private:
  Replica replica_;
};

}  // namespace

DatasetPtr replica_rows(DatasetPtr source, int64_t rank, int64_t size) {
  if (size < 1 || rank < 0 || rank >= size)
    invalid("[dataset_replica_rows] the rank must be 0 or more and below the number of replicas: got ", rank,
            " of ", size, "; count from 0");
  return std::make_shared<ReplicaRows>(std::move(source), Replica{rank, size});
}

}  // namespace tl::data
