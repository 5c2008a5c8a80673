// Asks who it is, and which buckets there are, with credentials from where Terraform's AWS provider has them: identity,
// both, or serve, which asks again at each line of standard input and keeps its clients. --profile NAME names a profile.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	awsbase "github.com/hashicorp/aws-sdk-go-base/v2"
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
	settings := awsbase.Config{
		// The provider's own region and number of tries, where a configuration names neither.
		Region:     os.Getenv("AWS_REGION"),
		MaxRetries: 25,
	}
	if len(arguments) > 2 && arguments[1] == "--profile" {
		settings.Profile = arguments[2]
	}
	ctx, loaded, found := awsbase.GetAwsConfig(ctx, &settings)
	for _, diagnostic := range found.Errors() {
		return fmt.Errorf("%s: %s", diagnostic.Summary(), diagnostic.Detail())
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
