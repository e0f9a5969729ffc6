// With `envelope: true` a record is not the message's value alone but all of the message, as JSON:
//   {"key":"c-17","timestamp":"2026-01-01T00:00:00.250Z","headers":{"trace":"9f"},"value":{…}}
// so that key, headers and tombstones (value null) can stand in a contract, and a record that was
// rejected keeps them. Key, timestamp and headers that a message lacks are null. Of a header that
// stands twice, the last counts. Bytes that are not UTF-8 are written as hexadecimal text, \x00ff.
#pragma once

#include <string>
#include <vector>

#include "drivers/kafka/consumer.h"

namespace clearwell::sources::kafka {

// A value that is no JSON is returned as it is: as a record it gets the reasons that it deserves,
// and it cannot pretend to be more than the value of an envelope.
std::string wrap(const clearwell::kafka::Message& message,
                 const std::vector<clearwell::kafka::Header>& headers);

}  // namespace clearwell::sources::kafka
