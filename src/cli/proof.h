// One proof: generated data, run into scratch warehouses with several sizes of batches, and all
// that differs from what the data's manifest expects.
#pragma once

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/project.h"
#include "generate/dataset.h"
#include "generate/sink.h"
#include "warehouses/warehouse.h"

namespace clearwell::cli {

// Records of one kind with one fault.
struct Tally {
  int64_t made = 0, deviating = 0;
  std::string example;  // of a deviation
};

struct Findings {
  // By kind ("purchases", "events/card") and fault; records without fault by how they came.
  std::map<std::pair<std::string, std::string>, Tally> tallies;
  std::vector<std::string> others;  // what no single record can be blamed for
  int64_t runs = 0;
};

// The limit of a record's length in a proof: low, so that longer ones can be made.
int64_t proof_record_bytes(const config::Project& project);

class Proof {
 public:
  struct Layout {
    std::string folder;  // exists and is empty: data/, the warehouses and the manifests go there
    int lanes = 1;       // more: files of lines, a record's key says in which
  };
  // REQUIRES: the project outlives the proof; with several lanes the data has no halves of files.
  Proof(const config::Project& project, const generate::Dataset& data, Layout layout);

  // One run for each size of batches, in two phases. What deviates is added to `findings`; an Error
  // only where a run could not be made.
  Result<void> run(const std::vector<int64_t>& batch_rows, const std::atomic<bool>& stop,
                   Findings& findings);

 private:
  struct Run {
    int64_t batch_rows;
    config::Project project;
    std::unique_ptr<warehouses::Warehouse> warehouse;
    std::string name;  // "batches of 7"
  };
  using Cells = std::vector<std::vector<std::optional<std::string>>>;

  Result<void> prepare(const std::vector<int64_t>& batch_rows);
  Result<void> deliver(int phase);
  Result<void> compare_fates(Run& run, int phase, Findings& findings);
  Result<void> compare_counts(Run& run, int phase, Findings& findings);
  Result<void> compare_tables(Findings& findings);
  Result<Cells> table_of(Run& run, const generate::Rowset& rows) const;
  void deviates(const generate::Delivery& delivery, const std::string& what, Findings& findings);

  const config::Project& project_;
  const generate::Dataset& data_;
  const Layout layout_;
  std::vector<Run> runs_;
  std::vector<generate::Place> places_;  // of each delivery
  std::set<const generate::Delivery*> told_;
};

// "purchases", or "events/card" where a pipeline has several kinds.
std::string kind_name(const generate::Delivery& delivery);

}  // namespace clearwell::cli
