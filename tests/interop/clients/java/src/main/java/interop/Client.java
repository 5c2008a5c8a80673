package interop;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.sts.StsClient;

/**
 * Asks who it is, and which buckets there are, with the SDK's default credentials: identity, both, or serve,
 * which asks again at each line of standard input and keeps its clients. --profile NAME names a profile.
 */
public final class Client {
    private final StsClient sts;
    private final S3Client s3;

    private Client(ClientOverrideConfiguration options) {
        sts = StsClient.builder().overrideConfiguration(options).build();
        s3 = S3Client.builder().overrideConfiguration(options).build();
    }

    public static void main(String[] arguments) throws Exception {
        try {
            run(arguments);
        } catch (RuntimeException error) {
            System.err.println(error);
            System.exit(1);
        }
    }

    private static void run(String[] arguments) throws Exception {
        var options = ClientOverrideConfiguration.builder();
        if (arguments.length > 2 && arguments[1].equals("--profile")) {
            options.defaultProfileName(arguments[2]);
        }
        var client = new Client(options.build());
        switch (arguments[0]) {
            case "identity" -> client.identity();
            case "both" -> client.both();
            case "serve" -> client.serve();
            default -> throw new IllegalArgumentException("usage: Client identity|both|serve [--profile NAME]");
        }
    }

    private void identity() {
        System.out.println(sts.getCallerIdentity().arn());
    }

    private void both() {
        identity();
        var buckets = s3.listBuckets().buckets();
        System.out.println(buckets.stream().map(Bucket::name).collect(Collectors.joining(" ")));
    }

    private void serve() throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in));
        while (lines.readLine() != null) {
            both();
        }
    }
}
