/** The jars of the images, by their coordinates in the central repository. */
export const JARS: readonly string[] = [
  'org.apache.logging.log4j:log4j-core:2.14.1',
  'org.apache.logging.log4j:log4j-api:2.14.1',
  'com.fasterxml.jackson.core:jackson-databind:2.9.10',
  'com.fasterxml.jackson.core:jackson-core:2.9.10',
  'org.springframework:spring-core:5.3.17',
  'org.springframework:spring-beans:5.3.17',
  'org.apache.commons:commons-text:1.9',
  'commons-fileupload:commons-fileupload:1.3.1',
  'commons-io:commons-io:2.6',
  'com.google.guava:guava:29.0-jre',
  'org.yaml:snakeyaml:1.29',
  'io.netty:netty-codec-http:4.1.59.Final',
  'org.slf4j:slf4j-api:1.7.30',
  'com.h2database:h2:1.4.199',
  'javax.servlet:javax.servlet-api:3.1.0',
  'log4j:log4j:1.2.17',
  'aopalliance:aopalliance:1.0',
  // Shaded: packages of others in one archive, with their poms.
  'io.prometheus.jmx:jmx_prometheus_javaagent:0.16.1',
  'org.eclipse.jetty:jetty-runner:9.4.40.v20210413',
  // With archives inside it.
  'org.jolokia:jolokia-war:1.3.5:war',
];
