$ cd ..
$ mkdir books && cd books
$ swift package init --type executable --name Books
