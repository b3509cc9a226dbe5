// Command client fetches a path from a service that runs in several places, through Tiffin's client chain and with nothing else of it:
//
//	client 'dns+srv://_orders._tcp.shop.internal' /orders/7
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"

	"tiffin/backends/upstream"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: client URL PATH, where URL says who knows the instances: http://a:8080,b:8080 lists them")
	}
	if err := fetch(context.Background(), os.Args[1], os.Args[2], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// fetch copies what the service answers to out.
func fetch(ctx context.Context, service, path string, out io.Writer) error {
	cfg := upstream.Defaults()
	cfg.URL = service
	chain, err := upstream.New(cfg, upstream.Deps{})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = chain.Run(ctx) }() // follows the instances and their health
	<-chain.Settled()
	client := http.Client{Transport: chain}
	answer, err := client.Get("http://service" + path) // the chain knows the host
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(out, answer.Body)
	return err
}
