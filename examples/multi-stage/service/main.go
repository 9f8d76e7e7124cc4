// Command quotes serves one quote a request, and its version.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"
)

// version is set by the linker.
var version = "unknown"

var quotes = []string{
	"A ship in harbour is safe, but that is not what ships are built for.",
	"Smooth seas do not make skilful sailors.",
	"The wind and the waves are always on the side of the ablest navigator.",
}

func main() {
	listen := flag.String("listen", ":18082", "address to listen on")
	flag.Parse()

	mux := http.NewServeMux()
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, version) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, quotes[time.Now().Unix()%int64(len(quotes))])
	})
	server := &http.Server{Addr: *listen, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}
