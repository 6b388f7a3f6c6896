$ curl -c jar -H 'content-type: application/json' -d '{"title": "Emma"}' localhost:8080/books
{"id":1,"title":"Emma"}
$ curl -b jar localhost:8080/books
[{"id":1,"title":"Emma"}]
$ curl localhost:8080/routing
primary  127.0.0.1:7432, in use 0
replica  127.0.0.1:7433, in use 0, used 3.04 seconds ago, at tandem:1@6f1d…:5, lag not asked for yet
