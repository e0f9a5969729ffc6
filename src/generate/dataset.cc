#include "generate/dataset.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

namespace clearwell::generate {
namespace {

using config::Kind;
using config::Pipeline;

constexpr int64_t largest_draw = 1000, smallest_draw = 16;
constexpr int64_t fewest_parents = 40;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

struct Node {
  const Pipeline* pipeline;
  const Kind* kind;
};

// The kinds that the pipeline asked for needs, each after those that it refers to.
class Order {
 public:
  explicit Order(const config::Project& project) {
    for (const Pipeline& pipeline : project.pipelines) {
      for (const Kind& kind : pipeline.kinds) {
        for (const config::Load& load : kind.loads) {
          loaders_[lower(load.table)].push_back({&pipeline, &kind});
        }
      }
    }
  }

  Result<void> add(const Pipeline& pipeline) {
    for (const Kind& kind : pipeline.kinds) CW_TRY(visit({&pipeline, &kind}));
    return {};
  }

  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  Result<void> visit(const Node& node) {
    if (!seen_.insert(node.kind).second) return {};
    CW_TRY(check_modes(node));
    Result<void> outcome;
    config::for_each_field(
        node.kind->fields, "", [&](const config::Field& field, const std::string& path) {
          if (!field.reference || !outcome.ok()) return;
          const auto found = loaders_.find(lower(field.reference->table));
          if (found == loaders_.end()) {
            outcome = config_error(node.kind->name + ": field '" + path + "' refers to " +
                                   field.reference->table +
                                   ", which no pipeline of this project loads, so what is in it "
                                   "is not known; no data can be made for it");
            return;
          }
          for (const Node& parent : found->second) {
            if (outcome.ok()) outcome = visit(parent);
          }
        });
    if (outcome.ok()) nodes_.push_back(node);
    return outcome;
  }

  // What becomes of a record is not known where it rests on rows that are there already.
  static Result<void> check_modes(const Node& node) {
    for (const config::Load& load : node.kind->loads) {
      const bool deletes = !load.delete_when.empty();
      if (!config::needs_row(load.mode) && !deletes) continue;
      return config_error(node.kind->name + ": the load of " + load.table + " has " +
                          (deletes ? "delete_when" : "mode " + config::mode_name(load.mode)) +
                          ", and no data can be made for a pipeline that changes or deletes rows "
                          "which others have loaded");
    }
    return {};
  }

  std::map<std::string, std::vector<Node>> loaders_;
  std::set<const Kind*> seen_;
  std::vector<Node> nodes_;
};

bool refers_to(const Kind& child, const Kind& parent) {
  bool found = false;
  config::for_each_field(child.fields, "", [&](const config::Field& field, const std::string&) {
    if (!field.reference) return;
    for (const config::Load& load : parent.loads) {
      found = found || lower(load.table) == lower(field.reference->table);
    }
  });
  return found;
}

class Builder {
 public:
  Builder(const DatasetRequest& request, duckdb::Database database)
      : request_(request), database_(std::move(database)) {}

  Result<Dataset> build() {
    Order order(request_.project);
    CW_TRY(order.add(request_.pipeline));
    nodes_ = order.nodes();
    for (const Node& node : nodes_) pools_.want(*node.kind);
    for (const Node& node : nodes_) {
      CW_TRY(make_kind(node));
      const auto known = std::find(out_.pipelines.begin(), out_.pipelines.end(), node.pipeline);
      if (known == out_.pipelines.end()) out_.pipelines.push_back(node.pipeline);
    }
    arrange();
    return std::move(out_);
  }

 private:
  int64_t count_of(const Node& node) const {
    const int64_t count = request_.options.count;
    if (node.pipeline != &request_.pipeline) return std::max(fewest_parents, count / 5);
    const auto kinds = static_cast<int64_t>(node.pipeline->kinds.size());
    return std::max<int64_t>(1, count / kinds);
  }

  bool is_parent(const Node& node) const {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const Node& other) {
      return other.kind != node.kind && refers_to(*other.kind, *node.kind);
    });
  }

  Result<void> make_kind(const Node& node) {
    CW_ASSIGN(auto evaluator, Evaluator::make(database_, *node.kind, pools_.types()));
    for (size_t i = 0; i < node.kind->loads.size(); ++i) {
      pools_.set_types(node.kind->loads[i].table, evaluator->columns(i));
    }
    const std::string what = "pipeline " + node.pipeline->name;
    auto made = Drafter::make(*node.pipeline, *node.kind, *evaluator, pools_, request_.options);
    if (!made.ok()) return std::move(made).error().context(what);
    Drafter& drafter = **made;
    if (is_parent(node)) drafter.set_late_share(request_.options.late);
    if (request_.files && request_.files(*node.pipeline)) {
      drafter.set_half_written(request_.options.half_written);
    }
    auto drawn = draw(drafter, *evaluator, node);
    if (!drawn.ok()) return std::move(drawn).error().context(what);
    CW_ASSIGN(std::vector<Rowset> tables, fold(*node.kind, *evaluator, drafter.drawn()));
    for (const Rowset& table : tables) fill_pools(table);
    for (Rowset& table : tables) out_.tables.push_back(std::move(table));
    for (Draft& draft : drafter.drawn()) out_.deliveries.push_back(std::move(draft.delivery));
    out_.notes.insert(out_.notes.end(), drafter.notes().begin(), drafter.notes().end());
    return {};
  }

  Result<void> draw(Drafter& drafter, Evaluator& evaluator, const Node& node) {
    const int64_t wanted = count_of(node);
    const bool self = refers_to(*node.kind, *node.kind);
    const int64_t step = std::clamp(wanted / 8, smallest_draw, largest_draw);
    size_t known = 0;
    for (int64_t left = wanted; left > 0;) {
      if (request_.stop != nullptr && *request_.stop) return Error{ErrorKind::Stopped, "stopped"};
      CW_TRY(drafter.draw(std::min(step, left)));
      left -= std::min(step, left);
      if (self) CW_TRY(add_own_rows(drafter, evaluator, node, known));
      if (request_.progress) {
        request_.progress(static_cast<int64_t>(out_.deliveries.size() + drafter.drawn().size()));
      }
    }
    return {};
  }

  // Rows that later records of the same kind may refer to.
  Result<void> add_own_rows(Drafter& drafter, Evaluator& evaluator, const Node& node,
                            size_t& known) {
    std::vector<std::string> documents;
    for (; known < drafter.drawn().size(); ++known) {
      const Draft& draft = drafter.drawn()[known];
      const bool good = draft.delivery.how == How::First && draft.delivery.fault == "none";
      if (good && draft.reasons[0].empty()) documents.push_back(draft.document);
    }
    for (size_t load = 0; load < node.kind->loads.size(); ++load) {
      CW_ASSIGN(const LoadResult found, evaluator.rows(load, documents));
      for (const Row& row : found.rows) {
        pools_.add(node.kind->loads[load].table, evaluator.columns(load), row, 1);
      }
    }
    return {};
  }

  void fill_pools(const Rowset& table) {
    if (!pools_.wants(table.load->table)) return;
    // Another kind may have filled it already: then both have their rows in it.
    if (filled_.insert(lower(table.load->table)).second) pools_.clear(table.load->table);
    for (const Rowset::Entry& entry : table.entries) {
      pools_.add(table.load->table, table.columns, entry.row, entry.phase);
    }
  }

  // Halves of files, numbers of files, and the two phases.
  void arrange() {
    std::map<const Pipeline*, size_t> files;
    std::vector<Delivery> first, second;
    for (Delivery& delivery : out_.deliveries) {
      delivery.file = ++files[delivery.pipeline];
      if (delivery.how == How::Whole) {
        Delivery half = delivery;
        half.how = How::Half;
        half.phase = 1;
        half.fault = "none";
        half.bytes.resize(half.bytes.size() / 2);
        half.expected[0] = {batch::Fate::Quarantined, {"json.incomplete"}, false};
        half.expected[1] = {batch::Fate::Quarantined, {"json.incomplete"}, true};
        first.push_back(std::move(half));
      }
      (delivery.phase == 1 ? first : second).push_back(std::move(delivery));
    }
    out_.deliveries = std::move(first);
    std::move(second.begin(), second.end(), std::back_inserter(out_.deliveries));
  }

  const DatasetRequest& request_;
  duckdb::Database database_;
  std::vector<Node> nodes_;
  Pools pools_;
  std::set<std::string> filled_;
  Dataset out_;
};

}  // namespace

const char* name_of(How how) {
  switch (how) {
    case How::First:
      return "first";
    case How::Again:
      return "again";
    case How::Version:
      return "version";
    case How::Late:
      return "late";
    case How::Half:
      return "half";
    case How::Whole:
      break;
  }
  return "whole";
}

Result<Dataset> make_dataset(const DatasetRequest& request) {
  CW_ASSIGN(duckdb::Database database, duckdb::Database::open({}));
  return Builder(request, std::move(database)).build();
}

}  // namespace clearwell::generate
