#include "config/across.h"

#include <map>
#include <set>

#include "config/phrases.h"

namespace clearwell::config {

namespace {

// "users" and "pipelines/a.yaml:3:5" for messages.
std::string place(const Mark& mark) { return mark.file + " line " + std::to_string(mark.line); }

void check_pipeline_names(const Project& project, Faults& faults) {
  std::map<std::string, Mark> names;
  for (const Pipeline& pipeline : project.pipelines) {
    const auto [first, is_new] = names.emplace(pipeline.name, pipeline.mark);
    if (is_new) continue;
    faults.add(pipeline.mark, "duplicate_name",
               "the pipeline " + in_quotes(pipeline.name) + " is already in " +
                   place(first->second) + "; rename one of them");
  }
}

void check_model_names(const Project& project, Faults& faults) {
  std::map<std::string, Mark> tables;
  for (const Pipeline& pipeline : project.pipelines) {
    for (const Kind& kind : pipeline.kinds) {
      for (const Load& load : kind.loads) tables.emplace(lower_case(load.table), load.mark);
    }
  }
  for (const Model& model : project.models) {
    const auto table = tables.find(model.name);
    if (table == tables.end()) continue;
    faults.add({model.mark.file, 0, 0}, "duplicate_name",
               "the model " + in_quotes(model.name) +
                   " would overwrite the table of that name, "
                   "which is loaded in " +
                   place(table->second) + "; rename the file");
  }
}

// Several loads may write one table, but a row that one of them takes for known must be known to
// the others too.
void check_shared_tables(const Project& project, Faults& faults) {
  std::map<std::string, const Load*> tables;
  const auto key_of = [](const Load& load) {
    std::string key;
    for (const std::string& column : load.key) {
      key += (key.empty() ? "" : ", ") + lower_case(column);
    }
    return key.empty() ? std::string("no key") : "key " + key;
  };
  for (const Pipeline& pipeline : project.pipelines) {
    for (const Kind& kind : pipeline.kinds) {
      for (const Load& load : kind.loads) {
        const auto [first, is_new] = tables.emplace(lower_case(load.table), &load);
        const Load& other = *first->second;
        const bool both_versions = keeps_versions(other.mode) && keeps_versions(load.mode);
        const bool alike = other.mode == load.mode || both_versions;
        if (is_new || (alike && key_of(other) == key_of(load))) continue;
        faults.add(load.mark, "shared_table",
                   "the table " + in_quotes(load.table) + " is loaded in " + place(other.mark) +
                       " too, with another mode or key (" + key_of(other) + " there, " +
                       key_of(load) +
                       " here); give both loads the same mode and key, or the same key and modes "
                       "of upsert, update and patch");
      }
    }
  }
}

// A record kind and the references from it to tables that other kinds load.
struct KindNode {
  std::string name;  // "purchases", or "events/card" where there are routes
  struct Edge {
    size_t to;
    const Reference* reference;
  };
  std::vector<Edge> edges;
};

// The kinds that load each table, as indices of `nodes`; by the table's name in lower case.
using Loaders = std::multimap<std::string, size_t>;

void add_edges(const Kind& kind, size_t index, const Loaders& loaders, KindNode& node) {
  for_each_field(kind.fields, "", [&](const Field& field, const std::string&) {
    if (!field.reference) return;
    const auto [first, last] = loaders.equal_range(lower_case(field.reference->table));
    for (auto loader = first; loader != last; ++loader) {
      if (loader->second == index) continue;
      node.edges.push_back({loader->second, &*field.reference});
    }
  });
}

// All kinds of the project; edges in the order of the fields.
std::vector<KindNode> reference_graph(const Project& project) {
  std::vector<KindNode> nodes;
  std::vector<const Kind*> kinds;
  Loaders loaders;
  for (const Pipeline& pipeline : project.pipelines) {
    for (const Kind& kind : pipeline.kinds) {
      for (const Load& load : kind.loads) loaders.emplace(lower_case(load.table), nodes.size());
      const bool routed = !pipeline.route.empty();
      nodes.push_back({pipeline.name + (routed ? "/" + kind.name : ""), {}});
      kinds.push_back(&kind);
    }
  }
  for (size_t i = 0; i < kinds.size(); i++) add_edges(*kinds[i], i, loaders, nodes[i]);
  return nodes;
}

// The edges of a shortest circle through `start`, empty if there is none.
std::vector<KindNode::Edge> shortest_circle(const std::vector<KindNode>& nodes, size_t start) {
  struct Step {
    size_t from;
    KindNode::Edge edge;
  };
  std::map<size_t, Step> reached;  // node → how it was reached first
  std::vector<size_t> queue = {start};
  for (size_t i = 0; i < queue.size() && !reached.contains(start); i++) {
    for (const KindNode::Edge& edge : nodes[queue[i]].edges) {
      if (reached.emplace(edge.to, Step{queue[i], edge}).second) queue.push_back(edge.to);
    }
  }
  std::vector<KindNode::Edge> circle;
  if (!reached.contains(start)) return circle;
  size_t at = start;
  do {
    const Step& step = reached.at(at);
    circle.insert(circle.begin(), step.edge);
    at = step.from;
  } while (at != start);
  return circle;
}

void check_reference_cycles(const Project& project, Faults& faults) {
  const std::vector<KindNode> nodes = reference_graph(project);
  std::set<size_t> told;  // kinds that are in a circle already reported
  for (size_t start = 0; start < nodes.size(); start++) {
    if (told.contains(start)) continue;
    const std::vector<KindNode::Edge> circle = shortest_circle(nodes, start);
    if (circle.empty()) continue;
    std::string path = nodes[start].name;
    for (const KindNode::Edge& edge : circle) {
      told.insert(edge.to);
      path += " → " + nodes[edge.to].name;
    }
    faults.add(circle.front().reference->mark, "reference_cycle",
               "references go in a circle: " + path +
                   ", so none of their records could ever be accepted first; remove one of them");
  }
}

}  // namespace

void link_loads(Project& project) {
  std::set<std::string> patched, deleted_from;
  const auto each = [&](const auto& use) {
    for (Pipeline& pipeline : project.pipelines) {
      for (Kind& kind : pipeline.kinds) {
        for (Load& load : kind.loads) use(load, lower_case(load.table));
      }
    }
  };
  each([&](const Load& load, const std::string& table) {
    if (load.mode == LoadMode::Patch) patched.insert(table);
    if (!load.delete_when.empty()) deleted_from.insert(table);
  });
  each([&](Load& load, const std::string& table) {
    load.patched = patched.contains(table);
    load.deleted_from = deleted_from.contains(table);
  });
}

void check_across(const Project& project, Faults& faults) {
  check_pipeline_names(project, faults);
  check_model_names(project, faults);
  check_shared_tables(project, faults);
  check_reference_cycles(project, faults);
}

}  // namespace clearwell::config
