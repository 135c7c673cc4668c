package Civic::Browser;

# A real browser before a real server, for t/browser/*.t:
#
#     my $web = Civic::Browser->new(people => 2);     # logging in by account
#     my $web = Civic::Browser->new(sandbox => 1);    # and all other ways
#     $web->run('account.js', more => 'settings');
#     finish();
#
# Serves the pages as conf/web.conf does, from the tree; runs a script of
# t/browser in node, with Chromium (tools/setup.sh test installs both).  Each
# check of the script is one of the test.

use strict;
use warnings;

use Carp qw(croak);
use File::Copy qw(copy);
use JSON::PP ();
use Test::More;

use Civic::Client;
use Civic::Nginx;
use Civic::Process;
use Civic::Sandbox;
use Civic::Test ();

my $root = Civic::Process::ROOT;
my $json = JSON::PP->new->utf8->canonical;

# The plugins of "make demo" that a citizen meets.
my @plugins = grep { -e Civic::Nginx::build() . "/plugins/$_.so" }
    qw(civic face_auth);

# new(as Civic::Test::civic; web => { changes of web.json }, sandbox => 1:
#     with Alipay and the card's issuer, both the sandbox in the same nginx;
#     photo => a Civic::Media: with photos, checked by that engine;
#     payment => 1: with payments, which the sandbox tells of;
#     family => a Civic::Media: with health codes, which it draws on paper,
#     names compared by the sandbox' register;
#     login => 'words' of that plugin).
sub new {
    my ($class, %arg) = @_;
    my $port = $arg{port} ||= Civic::Process::port();
    my $url = "http://127.0.0.1:$port";
    my %names = (%{ delete $arg{web} || {} });
    my $self = bless { folder => Civic::Process::folder(), port => $port },
        $class;

    if (delete $arg{sandbox}) {
        $names{sandbox_phone} = '/sandbox/phone';
        %arg = $self->_with_sandbox($url, %arg);
    }
    # beside a browser that wants all processors even Redis may be late
    $arg{http} .= "civic_origin $url http://localhost:$port;\n"
        . "civic_redis_timeout 5s;\n";
    $arg{server} .= $self->_pages(\%names);
    $self->{civic} = Civic::Test::civic(%arg);
    return $self;
}

# Changes the rules of a plugin, and their examples: text => text.
sub change_rules {
    my ($self, $plugin, %changes) = @_;
    my $path = $self->{civic}->nginx->rules . "/$plugin.lua";
    my $rules = _slurp($path);

    $rules =~ s/\Q$_\E/$changes{$_}/ or croak "$plugin: no \"$_\""
        for sort keys %changes;
    $self->{civic}->nginx->log_mark;
    _put("$path.new", $rules);
    rename "$path.new", $path or croak "$path: $!";
    $self->{civic}->nginx->log_has(qr/$plugin.*revision/)
        or croak "$plugin: the new rules were not taken";
    return;
}

sub civic { return $_[0]{civic} }
sub sandbox { return $_[0]{sandbox} }
sub url   { return "http://127.0.0.1:$_[0]{port}" }

sub _with_sandbox {
    my ($self, $url, %arg) = @_;
    my $sandbox = Civic::Sandbox->new(Civic::Process::folder());
    $self->{sandbox} = $sandbox;
    my $secret = $sandbox->path('card.secret');
    my $issuer = "card_issuer=$url/sandbox/card";
    my $back = "card_redirect_uri=$url/web/card.html";
    my $media = delete $arg{photo};
    my $payment = delete $arg{payment};
    my $family = delete $arg{family};
    my $login = join ' ', 'login', $issuer, $back, 'card_client_id=civic',
        "card_client_secret=$secret",
        "\"qr_url=$url/sandbox/phone#ticket={ticket}\"",
        delete $arg{login} // ();

    _put($secret, Civic::Sandbox::CARD_SECRET . "\n");
    return $sandbox->with_alipay(%arg,
        plugins => [ $login, @plugins, @{ delete $arg{plugins} || [] },
            $media ? 'photo_check' : (), $payment ? _payment($url) : (),
            $family ? $self->_family : () ],
        sandbox => [ $issuer, $back,
            $payment ? ('notify_upstream=app', 'notify_gaps=300,300,300')
                     : () ],
        upstreams => { card => $arg{port},
            $family ? (register => $arg{port}) : (),
            $media || $family ? (media => 'set $civic_upstream_host media; '
                . ($media || $family)->location)
            : (), $payment ? (app => $arg{port}, alipay_bill => $arg{port})
                           : () });
}

# The words of that plugin: Alipay's page leads back to the payment's.
sub _payment {
    my ($url) = @_;

    return join ' ', 'payment', 'seller_id=2088000000009999',
        "notify_url=$url/payment/alipay/notifications",
        "return_url=$url/payment/alipay/return",
        'landing=/web/payment.html';
}

# The plugins of health codes, with a key of their own.
sub _family {
    my ($self) = @_;
    my $key = "$self->{folder}/family.pem";

    system('openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 '
        . "-out '$key' 2>/dev/null") == 0 or croak 'openssl: no key';
    chmod 0644, $key;
    return ('kinship match_upstream=register issuer=city.example '
        . "match_path=/sandbox/identity-match signing_key=$key", 'sampling');
}

# conf/web.conf, with the tree's paths; and the sandbox phone.
sub _pages {
    my ($self, $changes) = @_;
    my $share = "$self->{folder}/share";
    my $conf = _slurp("$root/conf/web.conf");
    my $names = $json->decode(_slurp("$root/conf/web.json"));

    mkdir $share;
    my @folders = "$root/web";
    if ($changes->{sandbox_phone}) {
        $conf .= _slurp("$root/conf/sandbox-phone.conf");
        push @folders, "$root/plugins/sandbox/share/sandbox";
    }
    system('cp', '-r', @folders, $share) == 0 or croak "cp: $?";
    system('chmod', '-R', 'a+rX', $share);
    _put("$self->{folder}/web.json", $json->encode({ %$names, %$changes }));
    $conf =~ s{/usr/share/civic}{$share}g;
    $conf =~ s{/etc/civic/web\.json}{$self->{folder}/web.json}g;
    return $conf;
}

sub _slurp {
    my ($path) = @_;

    open my $file, '<:raw', $path or croak "$path: $!";
    local $/;
    return scalar <$file>;
}

sub _put {
    my ($path, $text) = @_;

    open my $file, '>:raw', $path or croak "$path: $!";
    print {$file} $text;
    close $file or croak "$path: $!";
    return;
}

# The browser that the distribution has.
sub _chromium {
    for my $name (qw(chromium chromium-browser google-chrome)) {
        for my $folder (split /:/, $ENV{PATH}) {
            return "$folder/$name" if -x "$folder/$name";
        }
    }
    return undef;
}

# Runs t/browser/<script>; it is told { base, people, chromium, ... }.
sub run {
    my ($self, $script, %settings) = @_;
    my $log = "$self->{folder}/$script.log";
    my $chromium = _chromium();

    return fail("$script: no chromium; tools/setup.sh test installs it")
        if !defined $chromium;
    return fail("$script: no playwright-core; tools/setup.sh test installs it")
        if !-d "$root/build/npm/node_modules/playwright-core";

    local $ENV{NODE_PATH} = "$root/build/npm/node_modules";
    local $ENV{CIVIC_BROWSER} = $json->encode({ base => $self->url,
        people => [ $self->civic->people ], chromium => $chromium,
        %settings });
    # V=1: when each check was done
    my $to = $ENV{V} ? '' : "2>'$log'";
    open my $lines, '-|', "node '$root/t/browser/$script' $to"
        or croak "node: $!";
    my $done = 0;
    while (my $line = <$lines>) {
        $done = $self->_take($json->decode($line)) || $done;
    }
    close $lines;
    ok($done && $? == 0, "$script has told all")
        or diag(_slurp($log));
    return;
}

sub _take {
    my ($self, $line) = @_;

    return 1 if $line->{done};
    if (my $seen = $line->{seen}) {
        my ($method, $path, $status, $code) = @$seen;

        Civic::Client::note_seen($method, $path, $status, $code);
        return 0;
    }
    ok($line->{passed}, $line->{name}) or diag($line->{why} // '');
    return 0;
}

1;
