// Asks who it is, and which buckets there are, with the SDK's default credentials: identity, both, or
// serve, which asks again at each line of standard input and keeps its clients. --profile NAME names a profile.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/s3"
	"github.com/aws/aws-sdk-go/service/sts"
)

type client struct {
	sts *sts.STS
	s3  *s3.S3
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	// The SDK knows nothing of endpoint_url, nor of AWS_ENDPOINT_URL.
	where := aws.Config{Endpoint: aws.String(os.Getenv("INTEROP_ENDPOINT")), S3ForcePathStyle: aws.Bool(true)}
	options := session.Options{Config: where}
	if len(arguments) > 2 && arguments[1] == "--profile" {
		options.Profile = arguments[2]
	}
	loaded, err := session.NewSessionWithOptions(options)
	if err != nil {
		return err
	}
	asking := client{sts.New(loaded), s3.New(loaded)}
	switch arguments[0] {
	case "identity":
		return asking.identity()
	case "both":
		return asking.both()
	case "serve":
		return asking.serve()
	}
	return fmt.Errorf("usage: client identity|both|serve [--profile NAME]")
}

func (c client) identity() error {
	answer, err := c.sts.GetCallerIdentity(&sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	fmt.Println(*answer.Arn)
	return nil
}

func (c client) both() error {
	if err := c.identity(); err != nil {
		return err
	}
	answer, err := c.s3.ListBuckets(&s3.ListBucketsInput{})
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

func (c client) serve() error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := c.both(); err != nil {
			return err
		}
	}
	return lines.Err()
}
