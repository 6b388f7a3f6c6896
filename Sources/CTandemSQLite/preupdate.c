#include "ctandemsqlite.h"
