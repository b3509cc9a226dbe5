package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

// ordersCommand is what an operator sees of orders. It asks a running gateway on its admin address: a journal in a file belongs to the
// process that has it, and only a gateway has the secrets to read any journal.
type ordersCommand struct {
	List    ordersListCommand    `cmd:"" help:"List the orders that are not settled, oldest first."`
	Show    ordersShowCommand    `cmd:"" help:"Show how one order stands, settled or not."`
	Resolve ordersResolveCommand `cmd:"" help:"Say what became of a step that no machine can decide."`
}

// adminAddress is how every command that asks a running gateway is told which.
type adminAddress struct {
	Admin string `default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"The gateway's admin address [${default}]."`
}

type ordersListCommand struct {
	adminAddress
	Limit int `default:"100" placeholder:"N" help:"At the most, 1 to 1000 [${default}]."`
}

func (c ordersListCommand) Run(ctx context.Context, to console) error {
	text, err := c.get(ctx, fmt.Sprintf("/orders/open?limit=%d", c.Limit))
	if err != nil {
		return err
	}
	var answer struct {
		Orders []listedOrder `json:"orders"`
		More   bool          `json:"more"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("%s answered what is no list of orders: %w", c.Admin, err)
	}
	table := tabwriter.NewWriter(to.out, 0, 0, 2, ' ', 0)
	to.out = table
	to.say("%s\n", "ORDER\tKIND\tSTATE\tAGE\tSILENT\tDRIVEN BY\tROW")
	for _, o := range answer.Orders {
		to.say("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", or(o.OrderID, o.SagaID), o.Kind, o.State, seconds(o.AgeSeconds), seconds(o.SilentSeconds), o.driver(), o.SagaID)
	}
	if answer.More {
		to.say("and more: see --limit\n")
	}
	return table.Flush()
}

// listedOrder is a line of the list.
type listedOrder struct {
	OrderID       string `json:"orderId"`
	SagaID        string `json:"sagaId"`
	Kind          string `json:"kind"`
	State         string `json:"state"`
	Owner         string `json:"owner"`
	Parked        bool   `json:"parked"`
	DrivenHere    bool   `json:"drivenHere"`
	AgeSeconds    int64  `json:"ageSeconds"`
	SilentSeconds int64  `json:"silentSeconds"`
}

// driver is who sees to it that the order goes on.
func (o listedOrder) driver() string {
	switch {
	case o.DrivenHere:
		return "this gateway"
	case o.Parked:
		return "nobody: the customer must act"
	default:
		return o.Owner
	}
}

func seconds(n int64) string { return (time.Duration(n) * time.Second).String() }

type ordersShowCommand struct {
	adminAddress
	ID string `arg:"" help:"The order's id, such as ord_…, or that of its row."`
}

func (c ordersShowCommand) Run(ctx context.Context, to console) error {
	text, err := c.get(ctx, "/orders/"+url.PathEscape(c.ID))
	if err != nil {
		return err
	}
	return printed(text, to, c.Admin)
}

type ordersResolveCommand struct {
	adminAddress
	ID      string `arg:"" help:"The order's id, such as ord_…, or that of its row."`
	Step    string `required:"" placeholder:"STEP" help:"The step in doubt, such as capture."`
	Outcome string `required:"" enum:"done,not_done" placeholder:"OUTCOME" help:"done: the service did it. not_done: it did not, and never will."`
	Reason  string `required:"" placeholder:"TEXT" help:"How you know; it stays with the order."`
	By      string `required:"" env:"USER" placeholder:"NAME" help:"Who you are [$$USER]."`
}

func (c ordersResolveCommand) Run(ctx context.Context, to console) error {
	body, err := json.Marshal(map[string]string{"step": c.Step, "outcome": c.Outcome, "reason": c.Reason, "by": c.By})
	if err != nil {
		return err
	}
	text, err := c.ask(ctx, http.MethodPost, "/orders/"+url.PathEscape(c.ID)+"/resolve", bytes.NewReader(body))
	if err != nil {
		return err
	}
	return printed(text, to, c.Admin)
}

// printed shows an order as a gateway answered it.
func printed(text []byte, to console, admin string) error {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, text, "", "  "); err != nil {
		return fmt.Errorf("%s answered what is no order: %w", admin, err)
	}
	_, err := pretty.WriteTo(to.out)
	return err
}

// Bounds of asking a gateway.
const (
	adminTimeout = 10 * time.Second
	mostFromHere = 8 << 20
)

// get asks a running gateway.
func (c adminAddress) get(ctx context.Context, path string) ([]byte, error) {
	return c.ask(ctx, http.MethodGet, path, http.NoBody)
}

func (c adminAddress) ask(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.Admin+path, body)
	if err != nil {
		return nil, fmt.Errorf("--admin %s: %w", c.Admin, err)
	}
	response, err := (&http.Client{Timeout: adminTimeout}).Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: is a gateway running there? --admin says where", err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(response.Body, mostFromHere))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %s", c.Admin, strings.TrimSpace(string(text)))
	}
	return text, nil
}
