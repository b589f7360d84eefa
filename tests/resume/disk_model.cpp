#include "tests/resume/disk_model.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace disk {
namespace {

using calls::Call;
using calls::Kind;

struct Node {
  bool folder;
  std::string bytes;
  std::map<std::string, std::shared_ptr<Node>> names;
};
using NodePtr = std::shared_ptr<Node>;

std::pair<std::string, std::string> split(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::pair(std::string(), path)
                                    : std::pair(path.substr(0, slash), path.substr(slash + 1));
}

// The node at a path in a tree of nodes; null where there is none.
NodePtr find(const NodePtr& root, const std::string& path) {
  NodePtr at = root;
  for (size_t begin = 0; at && begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const auto found = at->names.find(path.substr(begin, end - begin));
    at = found == at->names.end() ? nullptr : found->second;
    begin = end + 1;
  }
  return at;
}

NodePtr nodes_of(const Tree& tree) {
  auto root = std::make_shared<Node>(Node{true, {}, {}});
  for (const auto& [path, bytes] : tree) {
    const bool folder = path.back() == '/';
    const auto [parent, name] = split(folder ? path.substr(0, path.size() - 1) : path);
    find(root, parent)->names[name] = std::make_shared<Node>(Node{folder, bytes, {}});
  }
  return root;
}

void list(const NodePtr& node, const std::string& prefix, Tree& out) {
  for (const auto& [name, child] : node->names) {
    out[prefix + name + (child->folder ? "/" : "")] = child->bytes;
    list(child, prefix + name + "/", out);
  }
}

void write_bytes(std::string& file, size_t offset, const std::string& bytes) {
  if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size());
  file.replace(offset, bytes.size(), bytes);
}

// A call as a change of a node: what it names lives on where its name is lost.
struct Change {
  Kind kind;
  NodePtr node, folder;  // the node that is written or named, the folder of its name
  std::string name, new_name;
  size_t offset;
  const std::string* bytes;
};

// Runs all calls on nodes of their own, so that each is known as a change of nodes. All renames here stay in one folder.
std::vector<Change> changes_of(const NodePtr& root, const std::vector<Call>& all) {
  std::vector<Change> out;
  for (const Call& call : all) {
    const auto [parent, name] = split(call.path);
    Change c{call.kind,  find(root, call.path), find(root, parent), name, split(call.to).second, call.offset,
             &call.bytes};
    switch (call.kind) {
      case Kind::kMakeFolder:
      case Kind::kMakeFile:
        c.node = c.folder->names[name] = std::make_shared<Node>(Node{call.kind == Kind::kMakeFolder, {}, {}});
        break;
      case Kind::kRename:
        c.folder->names.erase(name);
        c.folder->names[c.new_name] = c.node;
        break;
      case Kind::kRemove: c.folder->names.erase(name); break;
      default: break;
    }
    out.push_back(c);
  }
  return out;
}

void copy_tree(const NodePtr& from, const NodePtr& to, std::map<const Node*, NodePtr>& twins) {
  twins[from.get()] = to;
  for (const auto& [name, child] : from->names) {
    auto twin = std::make_shared<Node>(Node{child->folder, child->bytes, {}});
    to->names[name] = twin;
    copy_tree(child, twin, twins);
  }
}

}  // namespace

Tree read_tree(const std::string& folder) {
  Tree out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string().substr(folder.size() + 1);
    if (entry.is_directory()) {
      out[path + "/"] = "";
    } else {
      std::ifstream in(entry.path(), std::ios::binary);
      out[path] = std::string{std::istreambuf_iterator<char>(in), {}};
    }
  }
  return out;
}

void write_tree(const std::string& folder, const Tree& tree) {
  for (const auto& [path, bytes] : tree) {  // a folder comes before what lies in it
    if (path.back() == '/')
      std::filesystem::create_directory(folder + "/" + path.substr(0, path.size() - 1));
    else
      std::ofstream(folder + "/" + path, std::ios::binary) << bytes;
  }
}

Tree after(const Tree& before, const std::vector<Call>& all, size_t count,
           const std::function<Fate(size_t)>& fate) {
  // Two trees of twins: in the first the calls are understood, in the second what lasts of them happens.
  const NodePtr understood = nodes_of(before), root = std::make_shared<Node>(Node{true, {}, {}});
  std::map<const Node*, NodePtr> twins;
  copy_tree(understood, root, twins);
  const std::vector<Change> changes = changes_of(understood, all);
  auto twin = [&](const NodePtr& node) {
    NodePtr& found = twins[node.get()];
    if (!found) found = std::make_shared<Node>(Node{node->folder, {}, {}});
    return found;
  };
  auto lasts = [&](size_t i) {
    const Change& c = changes[i];
    const Kind sync = c.kind == Kind::kWrite ? Kind::kSyncFile : Kind::kSyncFolder;
    const NodePtr& what = c.kind == Kind::kWrite ? c.node : c.folder;
    return std::any_of(changes.begin() + static_cast<std::ptrdiff_t>(i),
                       changes.begin() + static_cast<std::ptrdiff_t>(count),
                       [&](const Change& later) { return later.kind == sync && later.node == what; });
  };
  for (size_t i = 0; i < count; i++) {
    const Change& c = changes[i];
    if (c.kind == Kind::kSyncFile || c.kind == Kind::kSyncFolder) continue;
    const Fate what = lasts(i) ? Fate::kKept : fate(i);
    if (what == Fate::kLost) continue;
    if (c.kind == Kind::kWrite) {
      write_bytes(twin(c.node)->bytes, c.offset,
                  what == Fate::kTorn ? c.bytes->substr(0, c.bytes->size() / 2) : *c.bytes);
      continue;
    }
    auto& names = twin(c.folder)->names;
    if (c.kind != Kind::kMakeFile && c.kind != Kind::kMakeFolder) {
      const auto named = names.find(c.name);
      if (named != names.end() && named->second == twin(c.node)) names.erase(named);
    }
    if (c.kind != Kind::kRemove) names[c.kind == Kind::kRename ? c.new_name : c.name] = twin(c.node);
  }
  Tree out;
  list(root, "", out);
  return out;
}

}  // namespace disk
