package io.llmlog.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;

/**
 * A certificate for the host name {@code localhost} alone (not its address), signed by itself and
 * made by the JDK's {@code keytool}.
 *
 * @param certificate in PEM, for the server
 * @param key in PEM, for the server
 * @param trustStore for the client
 */
record TestCertificate(Path certificate, Path key, Path trustStore) {
  /** Of the trust store; a test's certificate has nothing to hide. */
  static final String PASSWORD = "changeit";

  private static final String ALIAS = "server";

  static TestCertificate create(Path directory) throws IOException {
    Path store = directory.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                ALIAS,
                "-keyalg",
                "RSA",
                "-keysize",
                "2048",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), UTF_8);
    if (!Files.exists(store)) {
      throw new IOException("keytool made no certificate: " + said);
    }
    try {
      KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
      Key key = keys.getKey(ALIAS, PASSWORD.toCharArray());
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry(ALIAS, keys.getCertificate(ALIAS));
      Path trustStore = directory.resolve("trust.p12");
      try (var out = Files.newOutputStream(trustStore)) {
        trusted.store(out, PASSWORD.toCharArray());
      }
      return new TestCertificate(
          pem(
              directory.resolve("server.crt"),
              "CERTIFICATE",
              keys.getCertificate(ALIAS).getEncoded()),
          pem(directory.resolve("server.key"), "PRIVATE KEY", key.getEncoded()),
          trustStore);
    } catch (GeneralSecurityException e) {
      throw new IOException("unreadable certificate in " + store, e);
    }
  }

  private static Path pem(Path file, String label, byte[] bytes) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return Files.writeString(
        file,
        "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n",
        US_ASCII);
  }
}
