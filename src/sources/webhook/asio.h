// What Boost 1.74 needs before any other header of its own: it forgets <utility>, and knows Clang's
// coroutines only by their experimental name.
#pragma once

#include <utility>

#if defined(__clang__) && !defined(BOOST_ASIO_HAS_CO_AWAIT)
#define BOOST_ASIO_HAS_CO_AWAIT 1
#endif
