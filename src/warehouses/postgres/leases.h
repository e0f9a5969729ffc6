// Who may commit for a pipeline: one process at a time, although many can reach the database.
//
// A row of clearwell.leases says who has the pipeline (`instance`, 0: nobody) and in which epoch.
// The holder renews it every two seconds; after ten without news it is void, and whoever takes it
// begins a new epoch. Taking is one statement that compares and sets, so a process that is stopped
// leaves no lock on the row. The last statement of every transaction of the holder, before its
// COMMIT, looks whether its epoch is still the present one, and keeps the row from changing until
// the COMMIT is through: so a process that was paused, and whose place has been taken meanwhile,
// commits nothing more.
//
// Its old session may still hold locks on rows. It is found by an advisory lock that every writing
// session of a process holds, and ended by who takes the lease.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "drivers/postgres/connection.h"

namespace clearwell::warehouses {

class Leases {
 public:
  // Connects when the first lease is asked for.
  explicit Leases(postgres::Options options);
  // Gives all leases back.
  ~Leases();
  Leases(const Leases&) = delete;
  Leases& operator=(const Leases&) = delete;

  // Empty: it is ours, from now on or already. Else who has it. Never waits for the holder.
  Result<std::string> claim(const std::string& pipeline);
  bool is_ours(const std::string& pipeline) const;
  // Marks a session that writes, so that a successor can end it.
  Result<void> mark(postgres::Connection& writer) const;
  // In the writer's transaction, last before COMMIT. Fatal if somebody else has taken over one of
  // the pipelines; those that were never claimed are not looked at.
  Result<void> check(postgres::Connection& writer, const std::set<std::string>& pipelines);
  // The same for one pipeline, outside of transactions and without keeping the row.
  Result<void> look(const std::string& pipeline);
  // Fatal once a lease is known to be lost.
  Result<void> still_ours() const;

 private:
  struct Row;

  Result<void> connect();
  Result<Row> read(const std::string& pipeline);
  Result<std::string> take(const std::string& pipeline);
  // Ends the writing sessions of a process that has lost its lease.
  void end_sessions(int64_t instance);
  void renew_all();
  void renew();
  Error lost(const std::string& pipeline, const std::string& holder);

  postgres::Options options_;
  const int64_t instance_;  // names this process in the table; random
  std::mutex connecting_;   // of the connection
  std::unique_ptr<postgres::Connection> connection_;

  mutable std::mutex state_;
  std::condition_variable closed_;
  bool closing_ = false;
  std::map<std::string, int64_t> epochs_;  // of the pipelines that are ours
  std::string lost_;                       // a message; empty while nothing is lost
  std::thread renewer_;
};

}  // namespace clearwell::warehouses
