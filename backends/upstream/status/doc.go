// Package status tells people how the services behind the gateway are: as a JSON document, GET /upstreams on the admin port, and as metrics
// read at the moment of a scrape. It only reads.
package status
