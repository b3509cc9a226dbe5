package gateway

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tiffin/fault"
	"tiffin/gateway/operation"
	"tiffin/gateway/ratelimit"
	"tiffin/gateway/shed"
	"tiffin/gateway/transport"
)

// gates is what an operation passes between authorize and execute, outermost first.
func (g *Gateway) gates() []transport.Gate {
	return []transport.Gate{
		g.quota(),    // per caller, operation, field and cost: needs the operation
		g.priority(), // admission when the process is full; what is refused here has cost no quota
	}
}

func (g *Gateway) quota() transport.Gate {
	quota := ratelimit.NewQuota(g.cfg.RateLimit, ratelimit.QuotaDeps{
		Limiter: g.limiter, Schema: g.deps.Schema.Schema(), Estimate: operation.Estimate, Replays: g.deps.Replays,
	})
	return func(ctx context.Context, op *graphql.OperationContext, answer http.Header) (transport.Admitted, *fault.Error) {
		a, refused := quota.Admit(ctx, op, answer)
		if refused != nil {
			return nil, refused
		}
		return admitted{a}, nil
	}
}

// admitted is what the quota let pass.
type admitted struct{ *ratelimit.Admission }

// Settle implements transport.Admitted.
func (a admitted) Settle(ctx context.Context, o transport.Outcome) {
	a.Admission.Settle(ctx, ratelimit.Outcome{Executed: o.Executed, Header: o.Header, Cost: o.Cost.Actual, Measured: o.Measured})
}

func (g *Gateway) priority() transport.Gate {
	priorities, admission := shed.NewPriorities(g.cfg.Shed), shed.NewAdmission(g.cfg.Shed)
	return func(ctx context.Context, op *graphql.OperationContext, _ http.Header) (transport.Admitted, *fault.Error) {
		leave, refused := admission.Enter(ctx, priorities.Of(op))
		if refused != nil {
			return nil, refused
		}
		return place{leave}, nil
	}
}

// place is one of those that there are for operations.
type place struct{ leave func() }

// Settle implements transport.Admitted.
func (p place) Settle(context.Context, transport.Outcome) { p.leave() }

// validateFor reports what of the Config names something that the schema has not.
func (c Config) validateFor(schema *ast.Schema) []fault.Invalid {
	return append(fault.Under("rate_limit", c.RateLimit.ValidateFor(schema)), fault.Under("shed", c.Shed.ValidateFor(schema))...)
}

// redisAway logs a change, not every command that fails.
func (g *Gateway) redisAway(away bool, cause error) {
	if away {
		g.deps.Logger.Warn("redis is away: rate limits are counted here, each at this gateway's share", slog.Any("error", cause))
		return
	}
	g.deps.Logger.Info("redis is back: rate limits are counted together")
}
