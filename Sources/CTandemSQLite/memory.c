#include "ctandemsqlite.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

void ctandem_configure_library(void) {
  (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void ctandem_give_memory_back(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}
