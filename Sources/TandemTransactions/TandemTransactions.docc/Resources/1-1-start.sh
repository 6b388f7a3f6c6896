$ git clone … tandem && cd tandem
$ make run
Tandem: a replicated SQLite, a primary and a replica on this machine.
