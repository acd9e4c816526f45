// A SCIM server on Apache SCIMple, with everything in memory: one of the
// servers of the integration tests.
//
//   scimple --port PORT --bearer-token TOKEN
//
// It listens on 127.0.0.1, below /. Users and groups, the enterprise extension,
// a unique userName. Whatever is not said here is as SCIMple does it by default.

import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.LocalDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.directory.scim.core.repository.PatchHandler;
import org.apache.directory.scim.core.repository.Repository;
import org.apache.directory.scim.core.schema.SchemaRegistry;
import org.apache.directory.scim.spec.exception.ConflictResourceException;
import org.apache.directory.scim.spec.exception.ResourceException;
import org.apache.directory.scim.spec.extension.EnterpriseExtension;
import org.apache.directory.scim.spec.filter.FilterExpressions;
import org.apache.directory.scim.spec.filter.FilterResponse;
import org.apache.directory.scim.spec.filter.PageRequest;
import org.apache.directory.scim.spec.filter.SortRequest;
import org.apache.directory.scim.spec.filter.attribute.AttributeReference;
import org.apache.directory.scim.spec.patch.PatchOperation;
import org.apache.directory.scim.spec.resources.ScimExtension;
import org.apache.directory.scim.spec.resources.ScimGroup;
import org.apache.directory.scim.spec.resources.ScimResource;
import org.apache.directory.scim.spec.resources.ScimUser;
import org.apache.directory.scim.spec.schema.Meta;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;

// Without a search for components, which in the package without a name would be
// one of everything.
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class Host {
  public static void main(String[] arguments) {
    var application = new SpringApplication(Host.class);
    application.setDefaultProperties(Map.of("server.address", "127.0.0.1", "spring.main.banner-mode", "off"));
    String[] known = new String[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      known[i] = arguments[i].replaceFirst("^--port=", "--server.port=");
    }
    application.run(known);
  }

  @Bean
  Filter bearerToken(@Value("${bearer-token}") String token) {
    return (request, response, next) -> {
      String given = ((HttpServletRequest) request).getHeader("Authorization");
      if (("Bearer " + token).equals(given)) {
        next.doFilter(request, response);
      } else {
        ((HttpServletResponse) response).sendError(HttpServletResponse.SC_UNAUTHORIZED);
      }
    };
  }

  @Bean
  Repository<ScimUser> users(SchemaRegistry schemas, PatchHandler patches) {
    return new Store<>(ScimUser.class, ScimUser.SCHEMA_URI, schemas, patches) {
      @Override
      void check(String id, ScimUser user, Collection<ScimUser> all) throws ResourceException {
        for (ScimUser other : all) {
          if (!other.getId().equals(id) && other.getUserName().equalsIgnoreCase(user.getUserName())) {
            throw new ConflictResourceException("userName is taken");
          }
        }
      }

      @Override
      public List<Class<? extends ScimExtension>> getExtensionList() {
        return List.of(EnterpriseExtension.class);
      }
    };
  }

  @Bean
  Repository<ScimGroup> groups(SchemaRegistry schemas, PatchHandler patches) {
    return new Store<>(ScimGroup.class, ScimGroup.SCHEMA_URI, schemas, patches);
  }

  // Resources by id.
  static class Store<T extends ScimResource> implements Repository<T> {
    private final Map<String, T> resources = new ConcurrentSkipListMap<>();
    private final Class<T> type;
    private final String schema;
    private final SchemaRegistry schemas;
    private final PatchHandler patches;

    Store(Class<T> type, String schema, SchemaRegistry schemas, PatchHandler patches) {
      this.type = type;
      this.schema = schema;
      this.schemas = schemas;
      this.patches = patches;
    }

    // May refuse what is about to be written.
    void check(String id, T resource, Collection<T> all) throws ResourceException {}

    @Override
    public Class<T> getResourceClass() {
      return type;
    }

    @Override
    public synchronized T create(T resource) throws ResourceException {
      return keep(UUID.randomUUID().toString(), resource, LocalDateTime.now());
    }

    @Override
    public synchronized T update(
        String id, String version, T resource, Set<AttributeReference> with, Set<AttributeReference> without)
        throws ResourceException {
      return keep(id, resource, get(id).getMeta().getCreated());
    }

    @Override
    public synchronized T patch(
        String id,
        String version,
        List<PatchOperation> operations,
        Set<AttributeReference> with,
        Set<AttributeReference> without)
        throws ResourceException {
      T before = get(id);
      return keep(id, patches.apply(before, operations), before.getMeta().getCreated());
    }

    @Override
    public T get(String id) throws ResourceException {
      T found = resources.get(id);
      if (found == null) throw new ResourceException(404, "there is no such resource");
      return found;
    }

    @Override
    public FilterResponse<T> find(
        org.apache.directory.scim.spec.filter.Filter filter, PageRequest page, SortRequest sort) {
      int start = page == null || page.getStartIndex() == null ? 1 : Math.max(page.getStartIndex(), 1);
      int count = page == null || page.getCount() == null ? Integer.MAX_VALUE : page.getCount();
      var fits = FilterExpressions.inMemory(filter, schemas.getSchema(schema));
      List<T> found = resources.values().stream().filter(fits).toList();
      List<T> shown = found.stream().skip(start - 1).limit(count).toList();
      return new FilterResponse<>(shown, page, found.size());
    }

    @Override
    public synchronized void delete(String id) throws ResourceException {
      get(id);
      resources.remove(id);
    }

    private T keep(String id, T resource, LocalDateTime created) throws ResourceException {
      check(id, resource, resources.values());
      resource.setId(id);
      var meta = new Meta().setResourceType(resource.getResourceType());
      resource.setMeta(meta.setCreated(created).setLastModified(LocalDateTime.now()));
      resources.put(id, resource);
      return resource;
    }
  }
}
