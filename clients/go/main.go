// Command go-client is Milvus's quick setup in one trace. otelgrpc traces each gRPC call; the exporter, the service's name
// and the sampler are what OTEL_* says.
package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/milvus-io/milvus/client/v2/column"
	"github.com/milvus-io/milvus/client/v2/entity"
	"github.com/milvus-io/milvus/client/v2/milvusclient"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
)

const (
	collection = "go_quick_setup"
	dimension  = 5
	timeLimit  = 30 * time.Second
)

var (
	uri   = cmp.Or(os.Getenv("MILVUS_URI"), "http://localhost:19530")
	token = cmp.Or(os.Getenv("MILVUS_TOKEN"), "root:Milvus")
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintf(os.Stderr, "Milvus at %s (MILVUS_URI): %v\n", uri, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	exporter, err := otlptracegrpc.New(ctx)
	if err != nil {
		return err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	defer provider.Shutdown(ctx)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})

	limited, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	limited, root := otel.Tracer("go-client").Start(limited, collection)
	defer root.End()

	if err := quickSetup(limited); err != nil {
		root.RecordError(err)
		root.SetStatus(codes.Error, err.Error())
		return err
	}
	fmt.Println("trace:", root.SpanContext().TraceID())
	return nil
}

func quickSetup(ctx context.Context) error {
	client, err := milvusclient.New(ctx, &milvusclient.ClientConfig{
		Address:     uri,
		APIKey:      token,
		DialOptions: append(milvusclient.DefaultGrpcOpts, grpc.WithStatsHandler(otelgrpc.NewClientHandler())),
	})
	if err != nil {
		return err
	}
	defer client.Close(ctx)

	exists, err := client.HasCollection(ctx, milvusclient.NewHasCollectionOption(collection))
	if err != nil {
		return err
	}
	if exists {
		if err := client.DropCollection(ctx, milvusclient.NewDropCollectionOption(collection)); err != nil {
			return err
		}
	}
	err = client.CreateCollection(ctx, milvusclient.SimpleCreateCollectionOptions(collection, dimension).
		WithAutoID(false).WithConsistencyLevel(entity.ClStrong))
	if err != nil {
		return err
	}

	ids, vectors, texts := rows(10)
	_, err = client.Insert(ctx, milvusclient.NewColumnBasedInsertOption(collection).
		WithInt64Column("id", ids).WithFloatVectorColumn("vector", dimension, vectors).WithVarcharColumn("text", texts))
	if err != nil {
		return err
	}
	found, err := client.Search(ctx, milvusclient.NewSearchOption(collection, 3, []entity.Vector{entity.FloatVector(vector(3))}).
		WithOutputFields("text"))
	if err != nil {
		return err
	}
	queried, err := client.Query(ctx, milvusclient.NewQueryOption(collection).
		WithFilter(`text in ["row 2", "row 4"]`).WithOutputFields("id"))
	if err != nil {
		return err
	}
	if _, err := client.Delete(ctx, milvusclient.NewDeleteOption(collection).WithExpr("id in [0]")); err != nil {
		return err
	}

	nearest, matching := found[0].GetColumn("text"), queried.GetColumn("id")
	fmt.Println("nearest:", join(nearest, nearest.GetAsString))
	fmt.Println("queried:", join(matching, matching.GetAsInt64))
	return nil
}

func rows(count int) (ids []int64, vectors [][]float32, texts []string) {
	for row := range count {
		ids = append(ids, int64(row))
		vectors = append(vectors, vector(row))
		texts = append(texts, fmt.Sprintf("row %d", row))
	}
	return ids, vectors, texts
}

// vector points another way for each row, so that a search has an order to find.
func vector(row int) []float32 {
	axes := make([]float32, dimension)
	for axis := range axes {
		axes[axis] = float32(math.Cos(float64(row * (axis + 1))))
	}
	return axes
}

// join writes the values of a column, read by one of its getters.
func join[T any](values column.Column, get func(int) (T, error)) string {
	var texts []string
	for i := range values.Len() {
		value, err := get(i)
		if err != nil {
			return err.Error()
		}
		texts = append(texts, fmt.Sprint(value))
	}
	return strings.Join(texts, ", ")
}
