#pragma once
// MariaDB Connector/C (libmariadb-dev). pkg-config knows where it lies.
#include <mysql.h>
#include <errmsg.h>
#include <mysqld_error.h>
