package front

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// graceful is how long requests that are being answered may take to finish once the program is told to stop.
const graceful = 20 * time.Second

// Server returns a server with bounds on how slow and how large a request may be.
func Server(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// Work is work that runs as long as the server does.
type Work struct {
	Name string
	Run  func(context.Context) error // returns when its context ends, having finished what must not be lost
}

// ServeUntil answers on the listeners until ctx ends. Then it stops accepting, lets requests in flight finish, and only
// then ends the background work, so that what those requests did is finished, too.
func ServeUntil(ctx context.Context, log *slog.Logger, servers map[net.Listener]*http.Server, works []Work) error {
	working, stopWorking := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorking()
	failed := make(chan error, len(servers)+len(works))
	var done, serving sync.WaitGroup
	for _, w := range works {
		done.Go(func() {
			if err := w.Run(working); err != nil && working.Err() == nil {
				log.Error("background work ended", "work", w.Name, "error", err)
				failed <- err
			}
		})
	}
	for l, s := range servers {
		serving.Go(func() {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
		log.Info("stopping; requests in flight are finished")
	case err = <-failed:
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceful)
	defer cancel()
	for _, s := range servers {
		if stopping := s.Shutdown(bounded); stopping != nil {
			log.Warn("requests in flight took too long and were cut", "error", stopping)
			err = errors.Join(err, s.Close())
		}
	}
	serving.Wait()
	stopWorking()
	done.Wait()
	return err
}
