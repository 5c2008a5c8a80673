// Asks who it is, and which buckets there are, with the SDK's default credentials: identity, both, or
// serve, which asks again at each line of standard input and keeps its clients. --profile NAME names a profile.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

type client struct {
	sts *sts.Client
	s3  *s3.Client
}

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	var options []func(*config.LoadOptions) error
	if len(arguments) > 2 && arguments[1] == "--profile" {
		options = append(options, config.WithSharedConfigProfile(arguments[2]))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return err
	}
	asking := client{sts.NewFromConfig(loaded), s3.NewFromConfig(loaded)}
	switch arguments[0] {
	case "identity":
		return asking.identity(ctx)
	case "both":
		return asking.both(ctx)
	case "serve":
		return asking.serve(ctx)
	}
	return fmt.Errorf("usage: client identity|both|serve [--profile NAME]")
}

func (c client) identity(ctx context.Context) error {
	answer, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	fmt.Println(*answer.Arn)
	return nil
}

func (c client) both(ctx context.Context) error {
	if err := c.identity(ctx); err != nil {
		return err
	}
	answer, err := c.s3.ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return err
	}
	var names []string
	for _, bucket := range answer.Buckets {
		names = append(names, *bucket.Name)
	}
	fmt.Println(strings.Join(names, " "))
	return nil
}

func (c client) serve(ctx context.Context) error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := c.both(ctx); err != nil {
			return err
		}
	}
	return lines.Err()
}
