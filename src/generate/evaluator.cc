#include "generate/evaluator.h"

#include <algorithm>

#include "base/time.h"
#include "batch/record_analysis.h"
#include "batch/record_sql.h"

namespace clearwell::generate {
namespace {

using config::Field;
using duckdb::quote_name;
using duckdb::quote_text;
using duckdb::TypeId;

constexpr const char* place_columns[] = {"_arrived", "_partition", "_offset", "_line", "_order"};

// The structure that json_transform takes, as JSON.
std::string structure(const duckdb::Type& type) {
  if (type.id == TypeId::List) return "[" + structure(type.children.front()) + "]";
  if (type.id != TypeId::Struct) return json_string(duckdb::to_sql(type));
  std::string out;
  for (size_t i = 0; i < type.children.size(); ++i) {
    out +=
        (out.empty() ? "" : ",") + json_string(type.names[i]) + ":" + structure(type.children[i]);
  }
  return "{" + out + "}";
}

std::string structure(const duckdb::Schema& schema) {
  std::string out;
  for (const duckdb::ColumnSchema& column : schema) {
    out += (out.empty() ? "" : ",") + json_string(column.name) + ":" + structure(column.type);
  }
  return "{" + out + "}";
}

class DocumentWriter {
 public:
  explicit DocumentWriter(const Evaluator::TakenOf& taken) : taken_(taken) {}

  std::string object(const std::vector<Field>& fields, const Value& value) {
    std::string out;
    for (size_t i = 0; i < fields.size(); ++i) {
      const Field& field = fields[i];
      add(out, field.name, any(field, value.children[i]));
      if (field.reference && !field.reference->take.empty()) takes(field, value.children[i], out);
    }
    return "{" + out + "}";
  }

 private:
  static void add(std::string& out, const std::string& name, const std::string& json) {
    out += (out.empty() ? "" : ",") + json_string(name) + ":" + json;
  }

  void takes(const Field& field, const Value& value, std::string& out) {
    const std::optional<Evaluator::Taken> found =
        value.plain && taken_ ? taken_(field, *value.plain) : std::nullopt;
    for (size_t i = 0; i < field.reference->take.size(); ++i) {
      const bool known = found && (*found)[i];
      add(out, field.reference->take[i].name, known ? json_string(*(*found)[i]) : "null");
    }
  }

  static std::string single(const Field& field, const std::string& plain) {
    return field.type == config::FieldType::Json ? plain : json_string(plain);
  }

  std::string any(const Field& field, const Value& value) {
    switch (value.kind) {
      case Value::Kind::Absent:
        if (!field.default_value) return "null";
        if (field.type == config::FieldType::List) return "[]";
        return single(field, *field.default_value);
      case Value::Kind::Null:
        return "null";
      case Value::Kind::Scalar:
        return value.plain ? single(field, *value.plain) : "null";
      case Value::Kind::Object:
        return object(field.children, value);
      case Value::Kind::List:
        break;
    }
    std::string out;
    for (const Value& item : value.children) {
      out += (out.empty() ? "" : ",") + any(field.children.front(), item);
    }
    return "[" + out + "]";
  }

  const Evaluator::TakenOf& taken_;
};

// Does the SQL ask where a record is or when it came? Only whoever writes it there knows that.
bool names_place(const std::string& sql) {
  const std::string text = batch::lower(sql);
  return std::any_of(std::begin(place_columns), std::end(place_columns),
                     [&](const char* column) { return text.find(column) != std::string::npos; });
}

Error first_fault(const std::vector<std::string>& faults, const std::string& what) {
  return config_error(what + ": " + faults.front());
}

// Numbered texts as rows of the relation `documents`; `text` gives a pointer, null for NULL.
template <typename Text>
std::vector<duckdb::Chunk> numbered(const duckdb::Schema& schema, size_t size, const Text& text) {
  std::vector<duckdb::Chunk> chunks;
  for (size_t first = 0; first < size; first += duckdb::chunk_rows) {
    duckdb::Chunk chunk(schema);
    const size_t count = std::min<size_t>(duckdb::chunk_rows, size - first);
    duckdb::Column records = chunk.column(0), column = chunk.column(1);
    for (size_t i = 0; i < count; ++i) {
      records.data<int64_t>()[i] = static_cast<int64_t>(first + i);
      if (const std::string* one = text(first + i)) {
        column.set_text(i, *one);
      } else {
        column.set_null(i);
      }
    }
    chunk.set_rows(count);
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

}  // namespace

Evaluator::Evaluator(const config::Kind& kind, duckdb::Connection connection)
    : kind_(kind), connection_(std::move(connection)) {}

Result<std::unique_ptr<Evaluator>> Evaluator::make(duckdb::Database& database,
                                                   const config::Kind& kind,
                                                   const std::vector<batch::TakenType>& taken) {
  CW_ASSIGN(duckdb::Connection connection, database.connect());
  std::unique_ptr<Evaluator> out(new Evaluator(kind, std::move(connection)));
  CW_TRY(out->compile(taken));
  return out;
}

Result<void> Evaluator::compile(const std::vector<batch::TakenType>& taken) {
  const duckdb::Schema schema = batch::contract_schema(kind_, taken);
  CW_ASSIGN(documents_,
            connection_.add_relation("documents", {{"_record", duckdb::simple(TypeId::Integer)},
                                                   {"document", duckdb::simple(TypeId::Text)}}));
  fill_sql_ = "CREATE OR REPLACE TEMP TABLE judged AS SELECT unnest(json_transform(document, " +
              quote_text(structure(schema)) + ")), _record, " + quote_text(to_iso8601(now())) +
              "::TIMESTAMPTZ AS _arrived, document AS _payload, '' AS _source, "
              "place AS _partition, 0::BIGINT AS _offset, _record + 1 AS _line, encode(place) AS "
              "_order FROM (SELECT *, (_record + ";
  CW_TRY(fill({}));
  CW_TRY(connection_.execute("CREATE OR REPLACE TEMP VIEW accepted AS FROM judged"));
  for (const config::Check& check : kind_.checks) {
    CW_ASSIGN(const batch::RecordSql select, batch::record_expression(connection_, check.sql));
    if (!select.faults.empty()) return first_fault(select.faults, "check " + check.name);
    checks_.push_back("SELECT _record FROM (" + select.sql + ") WHERE NOT holds");
  }
  for (const config::Load& load : kind_.loads) {
    CW_ASSIGN(const std::string select, select_of(load));
    CW_ASSIGN(const duckdb::Schema described, connection_.describe(select));
    Load out;
    out.columns.assign(described.begin() + 1, described.end());
    out.sql = "SELECT _record::BIGINT AS _record";
    for (const duckdb::ColumnSchema& column : out.columns) {
      out.sql += ", " + as_text(column) + " AS " + quote_name(column.name);
    }
    out.sql += " FROM (" + select + ")";
    out.placeless = !names_place(load.sql);
    loads_.push_back(std::move(out));
  }
  return {};
}

// A load's SELECT, _record first; over all records that is 0.
Result<std::string> Evaluator::select_of(const config::Load& load) {
  if (load.over_all) {
    CW_ASSIGN(const batch::AllSql select, batch::all_select(connection_, load.sql));
    if (!select.faults.empty()) return first_fault(select.faults, "load " + load.table);
    return "SELECT 0 AS _record, * FROM (" + select.sql + ")";
  }
  CW_ASSIGN(const batch::RecordSql select, batch::record_select(connection_, load.sql));
  if (!select.faults.empty()) return first_fault(select.faults, "load " + load.table);
  return select.sql;
}

std::string Evaluator::document(const Value& record, const TakenOf& taken) const {
  std::string out = DocumentWriter(taken).object(kind_.fields, record);
  if (kind_.unknown_fields != config::UnknownFields::Keep || record.extras.empty()) return out;
  std::string extra;
  for (const auto& [key, json] : record.extras) {
    extra += (extra.empty() ? "" : ",") + json_string(key) + ":" + json;
  }
  out.pop_back();
  return out + (kind_.fields.empty() ? "" : ",") + "\"_extra\":{" + extra + "}}";
}

std::string Evaluator::as_text(const duckdb::ColumnSchema& column) {
  const std::string name = quote_name(column.name);
  const bool json = column.type.id == TypeId::Json;
  return "CAST(" + (json ? "json(" + name + ")" : name) + " AS VARCHAR)";
}

Result<std::string> Evaluator::copied(const std::string& column) {
  return batch::copied_column(connection_, kind_.loads.front().sql, column);
}

Result<void> Evaluator::fill(std::span<const std::string> documents) {
  auto chunks =
      numbered(documents_->schema(), documents.size(), [&](size_t i) { return &documents[i]; });
  documents_->set(&chunks);
  auto done = connection_.execute(fill_sql_ + std::to_string(places_) +
                                  ")::VARCHAR AS place FROM documents)");
  places_ += documents.size();
  documents_->clear();
  if (!done.ok()) return std::move(done).error();
  return {};
}

// Records of `documents` (numbered from `base`) that the query names. Where one of them ends it in
// an error, halves are tried, until the failing ones stand alone.
Result<std::vector<uint32_t>> Evaluator::breaking(const std::string& sql,
                                                  std::span<const std::string> documents,
                                                  size_t base, std::vector<uint32_t>& failed) {
  std::vector<uint32_t> out;
  auto rows = connection_.query(sql);
  if (rows.ok()) {
    for (const duckdb::Chunk& chunk : rows->chunks) {
      const auto* data = chunk.column(0).data<int64_t>();
      for (size_t i = 0; i < chunk.rows(); ++i) {
        out.push_back(static_cast<uint32_t>(base + static_cast<size_t>(data[i])));
      }
    }
    return out;
  }
  if (rows.error().kind != ErrorKind::Fatal) return std::move(rows).error();
  if (documents.size() == 1) {
    failed.push_back(static_cast<uint32_t>(base));
    return out;
  }
  const size_t half = documents.size() / 2;
  for (const auto& [part, start] :
       {std::pair(documents.first(half), base), std::pair(documents.subspan(half), base + half)}) {
    CW_TRY(fill(part));
    CW_ASSIGN(const std::vector<uint32_t> found, breaking(sql, part, start, failed));
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

Result<std::vector<std::vector<size_t>>> Evaluator::broken_checks(
    std::span<const std::string> documents) {
  std::vector<std::vector<size_t>> out(documents.size());
  if (documents.empty() || checks_.empty()) return out;
  bool filled = false;
  for (size_t check = 0; check < checks_.size(); ++check) {
    if (!filled) CW_TRY(fill(documents));
    std::vector<uint32_t> failed;
    CW_ASSIGN(const std::vector<uint32_t> found, breaking(checks_[check], documents, 0, failed));
    for (const uint32_t record : found) out[record].push_back(check);
    for (const uint32_t record : failed) out[record].push_back(failed_check);
    filled = failed.empty();
  }
  return out;
}

namespace {

// Rows of a load's query; `base`: what its first record is called outside.
void collect(const duckdb::Rows& rows, size_t base, std::vector<Row>& out) {
  for (const duckdb::Chunk& chunk : rows.chunks) {
    for (size_t i = 0; i < chunk.rows(); ++i) {
      Row row;
      const auto record = static_cast<size_t>(chunk.column(0).data<int64_t>()[i]);
      row.record = static_cast<uint32_t>(base + record);
      for (size_t c = 1; c < rows.schema.size(); ++c) {
        const duckdb::Column column = chunk.column(c);
        row.cells.emplace_back(column.is_valid(i) ? std::optional(std::string(column.text(i)))
                                                  : std::nullopt);
      }
      out.push_back(std::move(row));
    }
  }
}

}  // namespace

Result<LoadResult> Evaluator::rows(size_t load, std::span<const std::string> documents) {
  LoadResult out;
  if (documents.empty()) return out;
  std::vector<std::pair<size_t, size_t>> todo = {{0, documents.size()}};  // first, count
  while (!todo.empty()) {
    const auto [first, count] = todo.back();
    todo.pop_back();
    if (count == 0) continue;
    CW_TRY(fill(documents.subspan(first, count)));
    auto rows = connection_.query(loads_[load].sql);
    if (rows.ok()) {
      collect(*rows, first, out.rows);
    } else if (rows.error().kind != ErrorKind::Fatal) {
      return std::move(rows).error();
    } else if (count == 1) {
      out.failed.push_back(static_cast<uint32_t>(first));
    } else {
      todo.emplace_back(first + count / 2, count - count / 2);
      todo.emplace_back(first, count / 2);
    }
  }
  std::stable_sort(out.rows.begin(), out.rows.end(),
                   [](const Row& a, const Row& b) { return a.record < b.record; });
  return out;
}

Result<std::vector<int64_t>> Evaluator::ranks(const std::vector<std::optional<std::string>>& texts,
                                              const duckdb::Type& type) {
  std::vector<int64_t> out(texts.size(), 0);
  if (texts.empty()) return out;
  auto chunks = numbered(documents_->schema(), texts.size(),
                         [&](size_t i) { return texts[i] ? &*texts[i] : nullptr; });
  documents_->set(&chunks);
  auto rows = connection_.query("SELECT _record, dense_rank() OVER (ORDER BY CAST(document AS " +
                                duckdb::to_sql(type) + ") ASC NULLS FIRST) FROM documents");
  documents_->clear();
  if (!rows.ok()) return std::move(rows).error();
  for (const duckdb::Chunk& chunk : rows->chunks) {
    const auto* records = chunk.column(0).data<int64_t>();
    const auto* ranks = chunk.column(1).data<int64_t>();
    for (size_t i = 0; i < chunk.rows(); ++i) out[static_cast<size_t>(records[i])] = ranks[i];
  }
  return out;
}

}  // namespace clearwell::generate
